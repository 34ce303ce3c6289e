import os
import sys
import tkinter as tk
from tkinter import ttk

from PIL import Image, ImageTk

interpreter = tk.Tcl()
print(tk.TkVersion, interpreter.eval("clock format 0 -gmt 1 -format %Y-%m-%d"))
print(
    "TCL_LIBRARY" in os.environ,
    interpreter.eval("array names env *_LIBRARY"),
    interpreter.eval("encoding convertfrom utf-8 \xc3\xa4"),
)

if len(sys.argv) > 1:
    root = tk.Tk()
    root.title("Classifier")
    photo = ImageTk.PhotoImage(Image.open(sys.argv[1]).convert("RGB").resize((120, 90)))
    tk.Label(root, image=photo).pack()
    ttk.Entry(root).pack()
    button = ttk.Button(root, text="Close", command=root.destroy)
    button.pack()
    root.update()
    print(photo.width(), photo.height(), root.winfo_reqwidth() >= 120, button.winfo_reqheight() > 10)
    root.after(20, button.invoke)
    root.mainloop()
    print("closed")
