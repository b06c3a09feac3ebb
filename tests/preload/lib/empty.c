// SPDX-License-Identifier: Apache-2.0
// Nothing: a library that can be preloaded where the shim belongs.
extern int an_object_needs_a_declaration;
