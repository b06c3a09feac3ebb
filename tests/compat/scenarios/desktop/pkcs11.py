# SPDX-License-Identifier: Apache-2.0
"""A PKCS#11 module, SoftHSM's, loaded late: a token made, a key in it, a signature, and OpenSSL's word on that."""

from box import find_library, find_program

PACKAGES = ["softhsm2", "opensc", "openssl"]
PROGRAMS = ["pkcs11-tool"]
EXPECTED = ["Verified OK", "token: wax"]


def run(box):
    module = find_library("softhsm/libsofthsm2.so")
    (box.folder / "tokens").mkdir()
    configuration = box.write("softhsm.conf", f"directories.tokendir = {box.folder}/tokens\nlog.level = ERROR\n")
    data = box.write("data", "words of wax\n")

    def tool(*options):
        return box.run_untold(find_program("pkcs11-tool"), "--module", module, *options, SOFTHSM2_CONF=configuration)

    tool("--init-token", "--slot-index", "0", "--label", "wax", "--so-pin", "1234")
    tool("--init-pin", "--token-label", "wax", "--so-pin", "1234", "--pin", "4321")
    logged_in = ["--token-label", "wax", "--login", "--pin", "4321"]
    tool(*logged_in, "--keypairgen", "--key-type", "rsa:2048", "--id", "01")
    tool(*logged_in, "--sign", "--mechanism", "SHA256-RSA-PKCS", "--id", "01", "-i", data, "-o", "signature")
    tool("--token-label", "wax", "--read-object", "--type", "pubkey", "--id", "01", "-o", "key.der")
    openssl = find_program("openssl")
    box.run(openssl, "pkey", "-pubin", "-inform", "DER", "-in", "key.der", "-out", "key.pem")
    box.run(openssl, "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", data)
    for line in tool("--list-token-slots").splitlines():
        if line.strip().startswith("token label"):
            box.note("token:", line.split()[-1])
