// SPDX-License-Identifier: Apache-2.0
// An auditing library that watches nothing (rtld-audit(7)).
#include <link.h>

unsigned la_version(unsigned version) {
  return version;
}
