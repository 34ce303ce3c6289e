import sys

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton, QVBoxLayout, QWidget

app = QApplication(sys.argv[:1])
window = QWidget()
layout = QVBoxLayout(window)
picture = QLabel()
picture.setPixmap(QPixmap(sys.argv[1]).scaled(120, 90))
layout.addWidget(picture)
button = QPushButton("Close")
button.clicked.connect(window.close)
layout.addWidget(button)
window.show()
print(app.platformName(), picture.pixmap().width(), picture.pixmap().height(), window.isVisible())
print(QFileDialog(window).fileMode())
QTimer.singleShot(20, button.click)
app.exec()
print("closed")
