import termcolor


def speak(text):
    return termcolor.colored(text.upper(), "red", force_color=True)
