// SPDX-License-Identifier: Apache-2.0
// Catch2 under one name: 3 where it is there, else 2.13, which Debian 12 packages.
#pragma once

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#else
#include <catch2/catch.hpp>
#endif
