/* SPDX-License-Identifier: MIT */
/*
 * cases: what is compiled twice, natively and through neutral IR, and must give the same numbers.
 *
 * Each is a function `long case_NAME(void)` in one of the sources of this folder.
 */
#ifndef TESTS_UNIT_NEUTRAL_CASES_H
#define TESTS_UNIT_NEUTRAL_CASES_H

#define CASES(X)             \
	X(integers)          \
	X(mixed)             \
	X(aligned)           \
	X(odd_aligned)       \
	X(structs)           \
	X(complex)           \
	X(copy)              \
	X(pointer_to_list)   \
	X(function_pointer)  \
	X(nested)            \
	X(recursive)         \
	X(no_arguments)      \
	X(more_than_given)   \
	X(many)              \
	X(through_alias)     \
	X(without_prototype) \
	X(unknown_prototype) \
	X(computed_goto)     \
	X(struct_return)     \
	X(forwarded)         \
	X(narrow)            \
	X(wide_integers)     \
	X(long_double)       \
	X(thread_local_data) \
	X(constructors)      \
	X(vectors)           \
	X(barrier)           \
	X(strings)           \
	X(large_struct)

#endif
