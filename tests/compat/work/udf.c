// SPDX-License-Identifier: Apache-2.0
// A function for mariadb: VERSION is what it answers.
#include <string.h>

char wax_init(void* init, void* arguments, char* message) {
  (void)init;
  (void)arguments;
  (void)message;
  return 0;
}

long long wax(void* init, void* arguments, char* is_null, char* error) {
  (void)init;
  (void)arguments;
  (void)is_null;
  (void)error;
  static long long calls;
  ++calls; // begins anew with each version: the library is not the one before it
  return VERSION * 1000LL + calls;
}
