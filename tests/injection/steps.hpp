// SPDX-License-Identifier: Apache-2.0
// Steps of whoever traces: calls of ptrace(2) and process_vm_writev(2), counted from 1.
#pragma once

/// At that step this process kills itself, so that the tracee is left as it is then; below 1:
/// never.
extern long death;
extern long steps;

/// Between two threads that it begins or ends to trace, it waits a little.
extern bool slow;
