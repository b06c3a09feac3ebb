# SPDX-License-Identifier: Apache-2.0
"""LibreOffice, headless: a document with a table to PDF, and to text and back."""

import re

from box import find_program

PACKAGES = ["libreoffice-writer-nogui"]
# Its bridge to C++ asks for new code, and has another way.
TOLD = {"observe": ["soffice.bin exec-gain"], "strict": ["soffice.bin exec-gain"]}
PROGRAMS = ["soffice.bin"]
EXPECTED = ["text: Wax | first | 1 | second | 2 | sealed"]
DOCUMENT = """<html><body><h1>Wax</h1><table><tr><td>first</td><td>1</td></tr><tr><td>second</td><td>2</td></tr></table>
<p>sealed</p></body></html>
"""


def convert(box, source, to):
    """What it says names its folders; what it did is looked at."""
    box.run_untold(find_program("soffice"), "--headless", f"-env:UserInstallation=file://{box.folder}/profile",
                   "--convert-to", to, source, seconds=240)


def run(box):
    source = box.write("document.html", DOCUMENT)
    convert(box, source, "odt:writer8")
    for to in "pdf", "txt:Text":
        convert(box, "document.odt", to)
    pdf = (box.folder / "document.pdf").read_bytes()
    box.note("PDF of", len(re.findall(rb"/Type/Page\b", pdf)) if pdf.startswith(b"%PDF") else "no", "pages")
    words = (box.folder / "document.txt").read_text(encoding="utf-8-sig").split()
    box.note("text:", " | ".join(words))
