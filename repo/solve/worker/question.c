/* SPDX-License-Identifier: MIT */
/*
 * A question, to bytes and back. There is one way to write a question, and nothing else is read: what
 * question_read() takes, question_write() gives again.
 */
#include "repo/solve/worker/protocol.h"

#include "base/arena.h"
#include "base/err.h"
#include "repo/solve/worker/number.h"

#include <string.h>

#define VERSION 1

static const char magic[8] = "weldask";

bool
question_has_relation(enum question_verb verb)
{
	return verb == QUESTION_INSTALL || verb == QUESTION_INSTALL_PROVIDER ||
	       verb == QUESTION_REMOVE || verb == QUESTION_UPGRADE;
}

static int
write_relation(const struct relation *relation, struct strbuf *bytes)
{
	const char *version = relation->operators == RELATION_ANY ? "" : relation->version;
	size_t name_length = strlen(relation->name);
	size_t version_length = strlen(version);
	uint8_t head[3] = { (uint8_t)relation->operators, (uint8_t)name_length,
		(uint8_t)version_length };

	if (name_length > UINT8_MAX || version_length > UINT8_MAX)
		return err_set(ERR_LIMIT, "%.80s: too long", relation->name);
	strbuf_add(bytes, head, sizeof head);
	strbuf_add(bytes, relation->name, name_length + 1);
	strbuf_add(bytes, version, version_length + 1);
	return 0;
}

static int
write_package(const struct question_package *package, struct strbuf *bytes)
{
	number_write(bytes, (uint32_t)package->priority);
	for (size_t i = 0; i < QUESTION_LISTS; i++)
		number_write(bytes, (uint32_t)package->counts[i]);
	for (size_t i = 0; i < QUESTION_LISTS; i++)
		for (size_t k = 0; k < package->counts[i]; k++)
			TRY(write_relation(&package->lists[i][k], bytes));
	return 0;
}

int
question_write(const struct question *question, struct strbuf *bytes)
{
	if (question->package_count > SOLVE_PACKAGES_MAX ||
		question->job_count > SOLVE_PACKAGES_MAX)
		return err_set(ERR_LIMIT, "%zu packages and %zu jobs, at most %zu can be had",
			question->package_count, question->job_count, SOLVE_PACKAGES_MAX);
	strbuf_add(bytes, magic, sizeof magic);
	number_write(bytes, VERSION);
	number_write(bytes, question->flags);
	number_write(bytes, (uint32_t)question->installed_count);
	number_write(bytes, (uint32_t)question->package_count);
	number_write(bytes, (uint32_t)question->job_count);
	for (size_t i = 0; i < question->package_count; i++)
		TRY(write_package(&question->packages[i], bytes));
	for (size_t i = 0; i < question->job_count; i++) {
		const struct question_job *job = &question->jobs[i];

		number_write(bytes, job->verb);
		if (question_has_relation(job->verb))
			TRY(write_relation(&job->relation, bytes));
		else if (job->verb != QUESTION_UPGRADE_ALL)
			number_write(bytes, job->package);
	}
	if (bytes->len > SOLVE_QUESTION_MAX)
		return err_set(ERR_LIMIT, "%zu bytes of packages, at most %zu can be had",
			bytes->len, SOLVE_QUESTION_MAX);
	return 0;
}

/* Take a text of this length and the NUL behind it. */
static int
take_text(struct str *rest, size_t length, const char **ret_text)
{
	const char *text = rest->at;

	if (rest->len <= length || text[length] != '\0' || memchr(text, '\0', length) != NULL)
		return err_set(ERR_FORMAT, "a text is cut off");
	rest->at += length + 1;
	rest->len -= length + 1;
	*ret_text = text;
	return 0;
}

static int
take_relation(struct str *rest, struct relation *ret_relation)
{
	const uint8_t *head = (const uint8_t *)rest->at;
	struct relation relation = { 0 };

	if (rest->len < 3)
		return err_set(ERR_FORMAT, "a relation is cut off");
	relation.operators = head[0];
	rest->at += 3;
	rest->len -= 3;
	if (head[0] > (RELATION_GREATER | RELATION_EQUAL | RELATION_LESS) || head[1] == 0 ||
		(head[0] == RELATION_ANY) != (head[2] == 0))
		return err_set(ERR_FORMAT, "not a relation");
	TRY(take_text(rest, head[1], &relation.name));
	TRY(take_text(rest, head[2], &relation.version));
	if (relation.operators == RELATION_ANY)
		relation.version = NULL;
	*ret_relation = relation;
	return 0;
}

static int
take_list(struct arena *arena, struct str *rest, size_t count, const struct relation **ret_list)
{
	/* Each has five bytes at least: no count can take more memory than the question's size allows. */
	struct relation *list;

	if (count > rest->len / 5)
		return err_set(ERR_FORMAT, "a list is cut off");
	list = arena_array(arena, count, sizeof *list);
	for (size_t i = 0; i < count; i++)
		TRY(take_relation(rest, &list[i]));
	*ret_list = list;
	return 0;
}

static int
take_package(struct arena *arena, struct str *rest, struct question_package *package)
{
	uint32_t number = 0;

	TRY(number_take(rest, &number));
	package->priority = (int32_t)number;
	for (size_t i = 0; i < QUESTION_LISTS; i++) {
		TRY(number_take(rest, &number));
		package->counts[i] = number;
	}
	for (size_t i = 0; i < QUESTION_LISTS; i++)
		TRY(take_list(arena, rest, package->counts[i], &package->lists[i]));
	if (package->counts[QUESTION_PROVIDES] == 0 ||
		package->lists[QUESTION_PROVIDES][0].operators != RELATION_EQUAL)
		return err_set(ERR_FORMAT, "a package without name and version");
	return 0;
}

static int
take_job(struct str *rest, const struct question *question, struct question_job *job)
{
	uint32_t verb = 0;

	TRY(number_take(rest, &verb));
	if (verb >= QUESTION_VERBS)
		return err_set(ERR_FORMAT, "not a verb");
	job->verb = (enum question_verb)verb;
	if (question_has_relation(job->verb))
		return take_relation(rest, &job->relation);
	if (job->verb == QUESTION_UPGRADE_ALL)
		return 0;
	TRY(number_take(rest, &job->package));
	if (job->package >= question->package_count)
		return err_set(ERR_FORMAT, "a job for no package");
	return 0;
}

static int
take_header(struct str *rest, struct question *question)
{
	uint32_t numbers[5] = { 0 };

	if (rest->len < sizeof magic || memcmp(rest->at, magic, sizeof magic) != 0)
		return err_set(ERR_FORMAT, "not a question");
	rest->at += sizeof magic;
	rest->len -= sizeof magic;
	for (size_t i = 0; i < 5; i++)
		TRY(number_take(rest, &numbers[i]));
	if (numbers[0] != VERSION)
		return err_set(ERR_FORMAT, "a question of another version");
	question->flags = numbers[1];
	question->installed_count = numbers[2];
	question->package_count = numbers[3];
	question->job_count = numbers[4];
	if ((question->flags & ~(unsigned)QUESTION_FLAGS) != 0 ||
		question->installed_count > question->package_count ||
		question->package_count > SOLVE_PACKAGES_MAX ||
		question->job_count > SOLVE_PACKAGES_MAX)
		return err_set(ERR_FORMAT, "not a question's numbers");
	return 0;
}

int
question_read(struct arena *arena, struct str bytes, struct question *ret_question)
{
	struct question question = { 0 };

	TRY(take_header(&bytes, &question));
	question.packages =
		arena_array(arena, question.package_count, sizeof *question.packages);
	question.jobs = arena_array(arena, question.job_count, sizeof *question.jobs);
	for (size_t i = 0; i < question.package_count; i++)
		TRY(take_package(arena, &bytes, &question.packages[i]));
	for (size_t i = 0; i < question.job_count; i++)
		TRY(take_job(&bytes, &question, &question.jobs[i]));
	if (bytes.len > 0)
		return err_set(ERR_FORMAT, "%zu bytes too many", bytes.len);
	*ret_question = question;
	return 0;
}
