/* SPDX-License-Identifier: MIT */
/*
 * The order of versions, without libsolv: the check of a solution must not rest on the
 * code that found it. tests/unit/solve_test.c compares the two on random versions.
 */
#include "repo/version.h"

#include "base/str.h"

#include <stddef.h>
#include <string.h>

struct parts { /* of a full version */
	struct str version;
	struct str release;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct parts
split(const char *text)
{
	struct parts parts = { .version = str_from(text) };
	const char *dash = strrchr(text, '-');

	if (dash != NULL) {
		parts.release = str_from(dash + 1);
		parts.version.len = (size_t)(dash - text);
	}
	return parts;
}

/* Cut the leading run of digits or letters off. */
static struct str
cut_run(struct str *text, bool (*is_kind)(char c))
{
	struct str run = { .at = text->at };

	while (run.len < text->len && is_kind(text->at[run.len]))
		run.len++;
	text->at += run.len;
	text->len -= run.len;
	return run;
}

static void
skip_separators(struct str *text)
{
	while (text->len > 0 && !is_digit(text->at[0]) && !is_letter(text->at[0]) &&
		text->at[0] != '~') {
		text->at++;
		text->len--;
	}
}

static int
compare_numbers(struct str a, struct str b)
{
	while (a.len > 0 && a.at[0] == '0') {
		a.at++;
		a.len--;
	}
	while (b.len > 0 && b.at[0] == '0') {
		b.at++;
		b.len--;
	}
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return a.len == 0 ? 0 : memcmp(a.at, b.at, a.len);
}

static int
compare_letters(struct str a, struct str b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter == 0 ? 0 : memcmp(a.at, b.at, shorter);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* Cut a leading "~" off. */
static bool
cut_tilde(struct str *text)
{
	if (text->len == 0 || text->at[0] != '~')
		return false;
	text->at++;
	text->len--;
	return true;
}

/* Compare versions or releases alone. */
static int
compare_text(struct str a, struct str b)
{
	for (;;) {
		bool is_number;
		bool has_tilde;
		struct str run_a;
		struct str run_b;
		int order;

		skip_separators(&a);
		skip_separators(&b);
		has_tilde = cut_tilde(&a);
		if (cut_tilde(&b) != has_tilde)
			return has_tilde ? -1 : 1;
		if (has_tilde)
			continue;
		if (a.len == 0 || b.len == 0)
			return (a.len > 0) - (b.len > 0);
		is_number = is_digit(a.at[0]);
		run_a = cut_run(&a, is_number ? is_digit : is_letter);
		run_b = cut_run(&b, is_number ? is_digit : is_letter);
		if (run_b.len == 0)
			return is_number ? 1 : -1;
		order = is_number ? compare_numbers(run_a, run_b)
				  : compare_letters(run_a, run_b);
		if (order != 0)
			return order;
	}
}

static int
compare(const char *left, const char *right, bool is_loose)
{
	struct parts a = split(left);
	struct parts b = split(right);
	int order = compare_text(a.version, b.version);

	if (order != 0 || (is_loose && (a.release.len == 0 || b.release.len == 0)))
		return order;
	return compare_text(a.release, b.release);
}

int
version_compare(const char *a, const char *b)
{
	return compare(a, b, false);
}

int
version_compare_loosely(const char *a, const char *b)
{
	return compare(a, b, true);
}

bool
version_meets(const struct relation *provided, const struct relation *wanted)
{
	int order;

	if (strcmp(provided->name, wanted->name) != 0)
		return false;
	if (wanted->operators == RELATION_ANY || provided->operators == RELATION_ANY)
		return true;
	order = version_compare_loosely(provided->version, wanted->version);
	if (order == 0) {
		/* All releases of a version are provided: some lie on each side of one of them. */
		if (strchr(provided->version, '-') == NULL &&
			strchr(wanted->version, '-') != NULL)
			return true;
		return (provided->operators & wanted->operators) != 0;
	}
	if (order < 0) /* what is provided lies below what is wanted */
		return (wanted->operators & RELATION_LESS) != 0 ||
		       (provided->operators & RELATION_GREATER) != 0;
	return (wanted->operators & RELATION_GREATER) != 0 ||
	       (provided->operators & RELATION_LESS) != 0;
}
