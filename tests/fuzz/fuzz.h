/* SPDX-License-Identifier: MIT */
/*
 * fuzz: one target reads one input. libFuzzer calls it with what it makes up;
 * in the ordinary tests, replay.c calls it with the files of its corpus.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Read the input; a broken promise aborts. Always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#endif
