# SPDX-License-Identifier: Apache-2.0
"""What the documents claim, and the tests that docs/CLAIMS.md and docs/claims/ name for each claim.

An entry there is a quotation under the heading of its document, and two lines behind it:

    > what the document says, word for word

    shown by: names of tests
    limited by: a sentence, or names of tests that show the limit
"""

import dataclasses
import re

WHOLE = ""  # of a document without headings

# The parts of the documents that promise something to whoever reads them: there each paragraph, item
# and row of a table has an entry. Text elsewhere explains, or shows output that other tests compare. So
# does what a page repeats of --help as a list: commands, options and exit statuses.
PROMISING = {
    "README.md": ["What is sealed"],
    "docs/LIMITS.md": ["What it does not stop", "What changes for a program"],
    "SECURITY.md": [
        "What Sealwax promises",
        "Who the attacker is",
        "What is no boundary",
        "Rules that the shared object keeps",
    ],
    "src/man/sealwax-policy.5.scd": [
        "DESCRIPTION", "FILES", "FORMAT", "SECTIONS", "GLOBS", "KEYS", "REGIONS", "AUDIT", "REPORTS",
        "ERRORS", "NOTES",
    ],
    "src/man/sealwax.3.scd": [
        "DESCRIPTION", "VARIABLES", "sealwax_seal_after_init()", "sealwax_alloc()",
        "sealwax_protect()", "sealwax_query()", "sealwax_region_name(), sealwax_sealer_name()",
        "NOTES",
    ],
    "src/man/sealwax.1.scd": [
        "DESCRIPTION", "sealwax run", "sealwax learn", "sealwax report", "sealwax status",
        "sealwax plan", "sealwax policy", "sealwax doctor", "sealwax selftest", "sealwax bench",
        "sealwax systemd",
        "sealwax install", "sealwax uninstall", "JSON OF STATUS", "ENVIRONMENT", "FILES",
    ],
    "policies/default.conf": [WHOLE],
    "policies/strict.conf": [WHOLE],
    "policies/observe.conf": [WHOLE],
    "policies/critical.conf": [WHOLE],
    "policies/exceptions.conf": [WHOLE],
}


@dataclasses.dataclass
class Claim:
    document: str
    words: str = ""
    shown_by: str = ""
    limited_by: str = ""

    def tests(self):
        return re.findall(r"[\w-]+", self.shown_by)


def plain(text):
    """Without what markup and line breaks add, so that a quotation can be compared."""
    return re.sub(r"\s+", " ", re.sub(r"[`*_\\]", "", text)).strip()


FIELDS = {"shown by: ": "shown_by", "limited by: ": "limited_by"}


def claims(text):
    """The entries of docs/CLAIMS.md, in their order. A line that names no field continues the last."""
    found, document, field = [], "", None
    for line in text.splitlines():
        name = next((name for name in FIELDS if line.startswith(name)), None)
        if line.startswith("## "):
            document, field = line[3:].strip(), None
        elif line.startswith("> "):
            if field != "words":
                found.append(Claim(document))
                field = "words"
            found[-1].words += line[1:]
        elif name is not None:
            field = FIELDS[name]
            setattr(found[-1], field, line.removeprefix(name))
        elif field in FIELDS.values() and line.strip():
            setattr(found[-1], field, getattr(found[-1], field) + " " + line.strip())
    return found


def without_marks_of_comments(text):
    """A policy's comments, as paragraphs; the lines between them that are none end one."""
    lines = [line if line.startswith("#") else "" for line in text.splitlines()]
    unmarked = [re.sub("^# ?", "", line) for line in lines]
    # What is shown there is not as far to the right as in Markdown.
    return "\n".join("  " + line if line.startswith("  ") else line for line in unmarked) + "\n"


def section(document, heading):
    if heading == WHOLE:
        return document
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", document, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""


SKIPPED = [
    r".*:|.* is one of|and by one of|It returns 0, or",  # introduces what follows
    r"[-| ]+|==== .*|Options|Exit status",  # drawn, or a heading
    r"Default: .*",
    r"(-\w, )?--.*|-\w, --.*|\d+ .*|else .*|sealwax \w+ .*\[OPTION.*",  # what --help lists
]


def promises(text):
    """The paragraphs, items and rows of a section, each as one line of plain words, but for the head of
    a table and what is SKIPPED."""
    text = re.sub(r"^\|.*\n(?=\|---)", "", text, flags=re.MULTILINE)
    text = re.sub(r"^```\n.*?^```\n", "", text, flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^(    .*\n|\n(?=    ))+", "\n", text, flags=re.MULTILINE)  # shown output
    for block in re.split(r"\n\s*\n|\n(?=\t?- )|\n(?=\|)", prose):
        words = plain(block.strip().lstrip("- ").strip("| \n"))
        if words and not any(re.fullmatch(skipped, words) for skipped in SKIPPED):
            yield words
