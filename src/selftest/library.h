// SPDX-License-Identifier: Apache-2.0
// What is attacked of a library.
#pragma once

typedef int answer_function(void);

/// What it answers as long as nobody replaced it.
enum { own_answer = 42 };

answer_function selftest_answer;

/// In RELRO.
extern answer_function* const selftest_table[];
