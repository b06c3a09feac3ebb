# SPDX-License-Identifier: Apache-2.0
"""Opens a window with a button and a picture, presses the button, and closes it."""

import sys

from PyQt5.QtCore import QTimer
from PyQt5.QtGui import QPixmap
from PyQt5.QtWidgets import QApplication, QPushButton


def look(application, button):
    for format in "png", "jpg":
        button.grab().save(f"picture.{format}")
        print(format, QPixmap(f"picture.{format}").width())
    print("drawn", button.width(), "x", button.height())
    button.click()
    button.close()
    application.quit()


def main():
    application = QApplication(sys.argv)
    print("platform", application.platformName())
    button = QPushButton("press")
    button.clicked.connect(lambda: print("pressed"))
    button.resize(200, 100)
    button.show()
    QTimer.singleShot(500, lambda: look(application, button))
    application.exec_()
    print("closed")


main()
