# SPDX-License-Identifier: Apache-2.0
"""ALSA: a sound through plugins that its library loads late, to another rate and into a file."""

import hashlib
import struct

from box import find_program

PACKAGES = ["alsa-utils", "libasound2-plugins"]
PROGRAMS = ["aplay"]
EXPECTED = ["aplay status 0"]
DEVICES = """
pcm.wax {{
  type plug
  slave {{
    pcm {{ type file slave.pcm {{ type null }} file "{folder}/played" format raw }}
    rate 22050
    format S16_LE
    channels 2
  }}
}}
ctl.wax {{ type null }}
"""


def sound():
    """A second of a square wave (RIFF, mono, 16 bits)."""
    samples = b"".join(struct.pack("<h", 8000 if number // 50 % 2 else -8000) for number in range(44100))
    return (b"RIFF" + struct.pack("<I", 36 + len(samples)) + b"WAVEfmt " +
            struct.pack("<IHHIIHH", 16, 1, 1, 44100, 88200, 2, 16) + b"data" + struct.pack("<I", len(samples)) + samples)


def run(box):
    devices = box.write("asound.conf", DEVICES.format(folder=box.folder))
    (box.folder / "sound.wav").write_bytes(sound())
    box.run_untold(find_program("aplay"), "-q", "-D", "wax", "sound.wav", ALSA_CONFIG_PATH=f"/usr/share/alsa/alsa.conf:{devices}")
    played = (box.folder / "played").read_bytes()
    box.note(f"played: {len(played)} bytes")
    box.note(hashlib.sha256(played).hexdigest())
