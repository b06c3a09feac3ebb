// SPDX-License-Identifier: Apache-2.0
const int answer = ANSWER; // of a plugin
