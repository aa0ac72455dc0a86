/* SPDX-License-Identifier: MIT */
/* Small functions of a slot are inlined into who calls them; who may have done so is lowered again when they change. */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "linker/bodies.h"
#include "linker/facts.h"
#include "tests/lib/linking.h"
#include "tests/lib/tap.h"

#include <string.h>
#include <unistd.h>

#define FILE_MAX ((size_t)1 << 30) /* bytes */
#define TICK "void say(const char *); int scale(int), total(int), huge(int); "

static const char *const with_tick[] = { "tick", "c", NULL };
static const char *const with_c[] = { "c", NULL };

/* What a program prints: a digit. */
#define SHOW "static void show(int n) { char digit[2] = { (char)('0' + n), 0 }; say(digit); } "

static const char calls[] = TICK SHOW "int (*volatile p)(int) = scale; int main(void) { "
				      "show(scale(1)); show(p(1)); show(p == scale); "
				      "return 0; }";
static const char points[] =
	TICK SHOW "int (*volatile p)(int) = scale; int main(void) { show(p(1)); return 0; }";
static const char others[] = TICK SHOW "int main(void) { show(total(3)); return 0; }";
static const char owns[] = TICK SHOW "__attribute__((noinline)) int scale(int x) { return x + "
				     "8; } int main(void) { show(scale(1)); "
				     "show(total(2)); return 0; }";

/* `factor` decides the small function's body, `weight` the large one's. */
static const char *
tick(struct arena *arena, int factor, int weight)
{
	return arena_printf(arena,
		"static int sum; int scale(int x) { return x * %d; }\n"
		"int total(int x) { for (int i = 0; i < x; i++) sum += i * %d; return sum; }\n"
		"int huge(int x) { if (x > 2) sum++; return x; }\n",
		factor, weight);
}

/* Nothing in it refers to its exports by name: so a program that defines one shares it. */
static void
add_tick(struct world *w, int factor, int weight)
{
	static const char *const no_uses[] = { NULL };

	add_library(w, "tick", tick(w->arena, factor, weight), with_c)->own_uses = no_uses;
}

static void
begin(struct world *w)
{
	set_up(w);
	w->request.inlines = true;
	w->request.tier = LOWER_FULL;
	w->request.sharing = LINK_SHARING_ALWAYS;
	add_tick(w, 3, 1);
	add_program(w, "bin/calls", calls, with_tick);
	add_program(w, "bin/points", points, with_tick);
	add_program(w, "bin/others", others, with_tick);
	add_program(w, "bin/owns", owns, with_tick);
}

/* Link again with other bodies in the library. */
static void
update(struct world *w, int factor, int weight)
{
	keep_images(w);
	w->request.library_count = 1;
	add_tick(w, factor, weight);
	if (link_world(w) < 0)
		tap_bail("%s", err_message());
}

static void
expect_outcome(struct world *w, const char *name, enum link_outcome outcome)
{
	tap_is_number(image_of(w, name)->outcome, outcome, "what became of %s", name);
}

static void
expect_outcomes(struct world *w, enum link_outcome of_calls)
{
	expect_outcome(w, "bin/calls", of_calls);
	expect_outcome(w, "bin/points", LINK_KEPT);
	expect_outcome(w, "bin/others", LINK_KEPT);
	expect_outcome(w, "bin/owns", LINK_KEPT);
	expect_outcome(w, "tick", LINK_LOWERED);
}

/* Whether the facts of an image name a copy of a function, and of which library. */
static bool
has_copy(struct world *w, const char *image, const char *name)
{
	struct facts facts;
	struct str bytes;
	bool found = false;

	if (file_read(w->arena, AT_FDCWD, image_of(w, image)->facts_file, FILE_MAX, &bytes) <
			0 ||
		facts_open(bytes, &facts) < 0)
		tap_bail("%s", err_message());
	for (uint32_t i = 0; i < facts.body_count; i++) {
		struct facts_body body = facts_body(&facts, i);

		found = found ||
			(strcmp(body.name, name) == 0 &&
				strcmp(facts_origin(&facts, body.origin).unit, "tick") == 0);
	}
	return found;
}

static bool
binds(struct world *w, const char *image, const char *name)
{
	struct facts facts;
	struct str bytes;

	if (file_read(w->arena, AT_FDCWD, image_of(w, image)->facts_file, FILE_MAX, &bytes) <
			0 ||
		facts_open(bytes, &facts) < 0)
		tap_bail("%s", err_message());
	for (uint32_t i = 0; i < facts.binding_count; i++)
		if (strcmp(facts_binding(&facts, i).symbol, name) == 0)
			return true;
	return false;
}

static void
test_updates(void)
{
	struct world w;

	begin(&w);
	tap_is_string(link_and_run(&w, "calls"), "0:331",
		"called by name and by pointer, the pointer being everybody's");
	tap_ok(has_copy(&w, "bin/calls", "scale"), "the facts name the copy and whose it is");
	tap_ok(!has_copy(&w, "bin/points", "scale"), "who takes the address has none");
	tap_ok(binds(&w, "bin/others", "total"), "what has a state is called");
	tap_is_string(run(&w, "owns"), "0:91", "a definition of the program's own is its own");

	update(&w, 5, 1);
	expect_outcomes(&w, LINK_LOWERED);
	tap_is_string(run(&w, "calls"), "0:551", "the old body is nowhere");
	tap_is_string(run(&w, "points"), "0:5", "nor behind a pointer");

	update(&w, 5, 2);
	expect_outcomes(&w, LINK_KEPT);
	tap_is_string(run(&w, "others"), "0:6", "a large function changes in its slot only");

	w.request.inlines = false;
	keep_images(&w);
	tap_is_string(link_and_run(&w, "calls"), "0:551", "without inlining");
	expect_outcome(&w, "bin/calls", LINK_LOWERED);
	tap_ok(!has_copy(&w, "bin/calls", "scale") && binds(&w, "bin/calls", "scale"),
		"there are no copies");
	update(&w, 7, 2);
	expect_outcomes(&w, LINK_KEPT);
	tap_is_string(run(&w, "calls"), "0:771", "who has no copies has the new body at once");
	tear_down(&w);
}

/* Below full nothing is inlined, whatever the policy says. */
static void
test_tiers(void)
{
	struct world w;

	begin(&w);
	w.request.tier = LOWER_FAST;
	tap_is_string(link_and_run(&w, "calls"), "0:331", "in the tier fast");
	tap_ok(!has_copy(&w, "bin/calls", "scale"), "there are no copies");
	update(&w, 5, 1);
	expect_outcomes(&w, LINK_KEPT);
	tap_is_string(run(&w, "calls"), "0:551", "and a new body needs nothing");
	tear_down(&w);
}

/* Two libraries that define the name, and one that cannot bear a defence. */
static void
test_left_alone(void)
{
	struct world w;

	begin(&w);
	w.request.harden = HARDEN_ZERO_REGISTERS;
	w.libraries[1].harden_except = HARDEN_ZERO_REGISTERS;
	tap_is_string(link_and_run(&w, "calls"), "0:331", "a library with an exception");
	tap_ok(!has_copy(&w, "bin/calls", "scale"), "is not inlined into code without it");
	w.programs[0].harden_except = HARDEN_ZERO_REGISTERS;
	tap_is_string(link_and_run(&w, "calls"), "0:331", "into code with the same one");
	tap_ok(has_copy(&w, "bin/calls", "scale"), "it is");
	tear_down(&w);
}

/* A changed body of a slot below lowers the slot that calls it, and not the slot's users. */
static void
test_slots(void)
{
	static const char *const with_middle[] = { "middle", "c", NULL };
	struct world w;

	begin(&w);
	add_library(&w, "middle", TICK "int middle(int x) { return scale(x) + total(0); }",
		with_tick);
	add_program(&w, "bin/top",
		TICK SHOW "int middle(int); int main(void) { show(middle(1)); return 0; }",
		with_middle);
	tap_is_string(link_and_run(&w, "top"), "0:3", "a slot that inlines from a slot");
	tap_ok(has_copy(&w, "middle", "scale"), "its facts say so");
	keep_images(&w);
	w.libraries[3] = w.libraries[2];
	w.request.library_count = 1;
	add_tick(&w, 4, 1);
	w.libraries[2] = w.libraries[3];
	w.request.library_count = 3;
	tap_is_string(link_and_run(&w, "top"), "0:4", "has the new body");
	expect_outcome(&w, "middle", LINK_LOWERED);
	expect_outcome(&w, "bin/top", LINK_KEPT);
	tear_down(&w);
}

static void
write_unit(struct world *w, const char *bytes, size_t length)
{
	if (file_replace(AT_FDCWD, w->libraries[1].unit.path, bytes, length, 0600) < 0)
		tap_bail("%s", err_message());
}

static size_t
find(struct str bytes, const char *what)
{
	return (size_t)((char *)memmem(bytes.at, bytes.len, what, strlen(what)) - bytes.at);
}

/* A unit that lies about what it offers. */
static void
test_lies(void)
{
	struct world w;
	struct str bytes;
	size_t name;
	char *copy;

	begin(&w);
	if (file_read(w.arena, AT_FDCWD, w.libraries[1].unit.path, FILE_MAX, &bytes) < 0)
		tap_bail("%s", err_message());
	copy = arena_copy(w.arena, bytes.at, bytes.len);
	copy[40] ^= 1;
	write_unit(&w, copy, bytes.len);
	tap_is_number(link_world(&w), ERR_DIGEST, "a body with another digest is refused");
	tap_ok(strstr(err_message(), "library tick") != NULL &&
			strstr(err_message(), "'scale'") != NULL,
		"by name: %s", err_message());
	copy[40] ^= 1;
	name = find(bytes, "scale");
	memcpy(copy + name, "total", 5);
	write_unit(&w, copy, bytes.len);
	tap_is_number(link_world(&w), ERR_PROFILE, "a body under another's name is refused");
	tap_ok(strstr(err_message(), "library tick: for p-1-1: bin/") != NULL &&
			strstr(err_message(), "may be inlined") != NULL,
		"with why: %s", err_message());
	copy[name] = '\0';
	write_unit(&w, copy, bytes.len);
	tap_is_number(link_world(&w), ERR_FORMAT, "a name that is none is refused");
	write_unit(&w, bytes.at, 200);
	tap_is_number(link_world(&w), ERR_FORMAT, "a cut-off unit is refused");
	tear_down(&w);
}

/* Every byte of the head wrong, in turn: an error, or nothing that matters. */
static void
test_damage(void)
{
	static const struct body_module offers[] = { { "a", { "x", 1 } },
		{ "b", { "yy", 2 } } };
	static const char *const names[] = { "c", "d" };
	struct arena *arena AUTO(arena_free) = arena_new();
	struct strbuf file AUTO(strbuf_free) = { 0 };
	int fd AUTO(file_close) = -1;
	struct bodies bodies;
	size_t refused = 0;

	bodies_write(offers, 2, names, 2, &file);
	strbuf_add_string(&file, "unit");
	if (file_memory("unit", &fd) < 0 || file_write_fd(fd, file.at, file.len) < 0)
		tap_bail("%s", err_message());
	tap_ok(bodies_read(arena, fd, &bodies) == 0 && bodies.offer_count == 2 &&
			bodies.call_count == 2 && strcmp(bodies.offers[1].name, "b") == 0 &&
			strcmp(bodies.calls[1], "d") == 0,
		"what was written is read");
	for (size_t i = 8; i < file.len - 7; i++) {
		char wrong = (char)(file.at[i] ^ 0x41);

		(void)!pwrite(fd, &wrong, 1, (off_t)i);
		refused += bodies_read(arena, fd, &bodies) < 0;
		(void)!pwrite(fd, &file.at[i], 1, (off_t)i);
	}
	/* Only digests, and names that stay in order, may be others. */
	tap_is_number((long)refused, (long)(file.len - 15 - 2 * (size_t)DIGEST_SIZE - 2),
		"damage is seen");
}

int
main(void)
{
	test_updates();
	test_tiers();
	test_left_alone();
	test_slots();
	test_lies();
	test_damage();
	return tap_done();
}
