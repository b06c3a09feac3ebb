// SPDX-License-Identifier: Apache-2.0
/* A library that can be preloaded and seals nothing. */
int sealwax_test_idle = 1;
