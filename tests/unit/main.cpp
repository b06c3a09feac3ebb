// SPDX-License-Identifier: Apache-2.0
// Catch2 2.13 has no library with a main function; this becomes it, compiled once for all tests.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
