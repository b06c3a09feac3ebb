# SPDX-License-Identifier: Apache-2.0
"""Opens a window with a button and a picture, presses the button, and closes it."""

import gi

gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "3.0")
from gi.repository import GdkPixbuf, GLib, Gtk  # noqa: E402


def look(window, button):
    picture = GdkPixbuf.Pixbuf.new_from_file("picture.png")
    print("picture", picture.get_width(), "x", picture.get_height())
    width, height = window.get_size()
    print("drawn", width, "x", height)
    button.clicked()
    window.destroy()
    return False


def main():
    GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, False, 8, 16, 8).savev("picture.png", "png", [], [])
    window = Gtk.Window(title="wax", default_width=200, default_height=100)
    button = Gtk.Button(label="press")
    button.connect("clicked", lambda _: print("pressed"))
    window.add(button)
    window.connect("destroy", Gtk.main_quit)
    window.show_all()
    GLib.timeout_add(500, look, window, button)
    Gtk.main()
    print("closed")


main()
