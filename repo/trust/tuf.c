/* SPDX-License-Identifier: MIT */
/*
 * Documents of TUF 1.0. Unknown members are kept, signed over and otherwise
 * ignored, as the specification wants. Keys other than Ed25519 count for
 * nothing. (T1) A key counts once towards a threshold, whatever ids it is
 * listed under and however often it signed. (T2) A key's id is the digest of
 * the key, so that two keys never share one.
 */
#include "repo/trust/tuf.h"

#include "base/arena.h"
#include "base/err.h"
#include "repo/trust/canonical.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SPEC_VERSION "1.0.31"
#define KEYS_MAX 64 /* of one role */

const char *const tuf_role_names[TUF_ROLE_COUNT] = { "root", "targets", "snapshot",
	"timestamp" };

void
tuf_release(struct tuf_document *document)
{
	json_release(&document->envelope);
	document->body = NULL;
}

int
tuf_parse_time(const char *text, int64_t *ret_time)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:ddZ";
	struct tm parts = { 0 };
	char again[TUF_TIME_SIZE];
	int64_t time;

	for (size_t i = 0; i < sizeof shape; i++)
		if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
			return err_set(ERR_FORMAT, "\"%.40s\" is not a time of the form %s",
				text, "YYYY-MM-DDTHH:MM:SSZ");
	if (sscanf(text, "%d-%d-%dT%d:%d:%dZ", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
		    &parts.tm_hour, &parts.tm_min, &parts.tm_sec) != 6)
		return err_set(ERR_FORMAT, "\"%.40s\" is not a time", text);
	parts.tm_year -= 1900;
	parts.tm_mon -= 1;
	time = (int64_t)timegm(&parts);
	/* February 30 would come back as March 2. */
	if (strcmp(tuf_format_time(time, again), text) != 0)
		return err_set(ERR_FORMAT, "\"%.40s\" is not a time", text);
	*ret_time = time;
	return 0;
}

char *
tuf_format_time(int64_t time, char text[TUF_TIME_SIZE])
{
	struct tm parts = { 0 };
	time_t seconds = (time_t)time;

	gmtime_r(&seconds, &parts);
	strftime(text, TUF_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
	return text;
}

static int
read_version(const json_t *object, uint64_t *ret_version)
{
	int64_t version = 0;

	TRY(json_get_integer(object, "version", &version));
	if (version < 1)
		return err_set(ERR_FORMAT, "member \"version\" is not positive");
	*ret_version = (uint64_t)version;
	return 0;
}

static int
read_common(struct tuf_document *document)
{
	const char *type = NULL;
	const char *spec = NULL;
	const char *expires = NULL;

	TRY(json_get_string(document->body, "_type", &type));
	if (strcmp(type, tuf_role_names[document->role]) != 0)
		return err_set(ERR_FORMAT, "its type is \"%.40s\", not \"%s\"", type,
			tuf_role_names[document->role]);
	TRY(json_get_string(document->body, "spec_version", &spec));
	if (!str_has_prefix(spec, "1."))
		return err_set(ERR_FORMAT,
			"TUF version \"%.40s\" is not known (a newer weld may read it)", spec);
	TRY(read_version(document->body, &document->version));
	TRY(json_get_string(document->body, "expires", &expires));
	return tuf_parse_time(expires, &document->expires);
}

int
tuf_read(struct str bytes, enum tuf_role role, struct tuf_document *ret_document)
{
	struct tuf_document document AUTO(tuf_release) = { .role = role };
	json_t *body = NULL;
	json_t *signatures = NULL;

	TRY(json_read(bytes, &document.envelope));
	if (!json_is_object(document.envelope))
		return err_set(ERR_FORMAT, "not an object");
	TRY(json_get_object(document.envelope, "signed", &body));
	TRY(json_get_array(document.envelope, "signatures", &signatures));
	document.body = body;
	TRY(read_common(&document));
	*ret_document = document;
	document = (struct tuf_document){ 0 };
	return 0;
}

/* The key with the id that a signature names; NULL when the role has none such. */
static const struct tuf_key *
find_key(const struct tuf_keys *keys, const json_t *signature)
{
	struct digest id;

	if (!json_is_object(signature) || json_get_digest(signature, "keyid", &id) < 0)
		return NULL;
	for (size_t i = 0; i < keys->len; i++)
		if (digest_equal(&keys->at[i].id, &id))
			return &keys->at[i];
	return NULL;
}

static bool
is_valid_signature(const json_t *signature, const struct tuf_key *key, struct str text)
{
	unsigned char bytes[KEY_SIGNATURE_SIZE];
	const char *hex = NULL;
	size_t length = 0;

	if (json_get_string(signature, "sig", &hex) < 0 ||
		strlen(hex) != (size_t)2 * KEY_SIGNATURE_SIZE ||
		sodium_hex2bin(bytes, sizeof bytes, hex, strlen(hex), NULL, &length, NULL) !=
			0 ||
		length != sizeof bytes)
		return false;
	return crypto_sign_verify_detached(
		       bytes, (const unsigned char *)text.at, text.len, key->public_key) == 0;
}

int
tuf_verify(const struct tuf_document *document, const struct tuf_keys *keys)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	const json_t *signatures = json_object_get(document->envelope, "signatures");
	const struct tuf_key *signers[KEYS_MAX];
	size_t count = 0;

	TRY(canonical_write(document->body, &text));
	for (size_t i = 0; i < json_array_size(signatures) && count < KEYS_MAX; i++) {
		const json_t *signature = json_array_get(signatures, i);
		const struct tuf_key *key = find_key(keys, signature);
		bool is_new = key != NULL;

		for (size_t j = 0; j < count && is_new; j++) /* (T1) */
			is_new = memcmp(signers[j]->public_key, key->public_key,
					 KEY_PUBLIC_SIZE) != 0;
		if (is_new && is_valid_signature(signature, key, strbuf_str(&text)))
			signers[count++] = key;
	}
	if (keys->threshold == 0 || count < keys->threshold)
		return err_set(ERR_SIGNATURE,
			"not signed by who must sign it: %zu valid signatures, %zu are needed",
			count, keys->threshold);
	return 0;
}

/* Read one key; 0 when it is of a kind that is not used here. */
static int
read_key(const json_t *all_keys, const char *id_hex, struct tuf_key *ret_key)
{
	const json_t *object = json_object_get(all_keys, id_hex);
	const char *type = NULL;
	const char *scheme = NULL;
	const char *hex = NULL;
	json_t *value = NULL;
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct digest digest;
	size_t length = 0;

	TRY(digest_parse(id_hex, &ret_key->id));
	if (!json_is_object(object))
		return err_set(ERR_FORMAT, "key %s is missing", id_hex);
	TRY(canonical_write(object, &text));
	digest = hash_bytes(text.at, text.len);
	if (!digest_equal(&digest, &ret_key->id)) /* (T2) */
		return err_set(ERR_FORMAT, "key %s does not have that id", id_hex);
	TRY(json_get_string(object, "keytype", &type));
	TRY(json_get_string(object, "scheme", &scheme));
	if (strcmp(type, "ed25519") != 0 || strcmp(scheme, "ed25519") != 0)
		return 0;
	TRY(json_get_object(object, "keyval", &value));
	TRY(json_get_string(value, "public", &hex));
	if (strlen(hex) != (size_t)2 * KEY_PUBLIC_SIZE ||
		sodium_hex2bin(ret_key->public_key, KEY_PUBLIC_SIZE, hex, strlen(hex), NULL,
			&length, NULL) != 0 ||
		length != KEY_PUBLIC_SIZE)
		return err_set(ERR_FORMAT, "key %s: not a public key", id_hex);
	return 1;
}

/* Read who signs a role, from its object and the keys of the document that it stands in. */
static int
read_signers(struct arena *arena, const json_t *all_keys, const json_t *role,
	struct tuf_keys *ret_keys)
{
	char **ids = NULL;
	size_t count = 0;
	int64_t threshold = 0;

	TRY(json_get_integer(role, "threshold", &threshold));
	TRY(json_get_strings(arena, role, "keyids", &ids, &count));
	if (threshold < 1 || threshold > KEYS_MAX || count == 0 || count > KEYS_MAX)
		return err_set(
			ERR_FORMAT, "threshold %" PRId64 " of %zu keys", threshold, count);
	ret_keys->threshold = (size_t)threshold;
	ret_keys->at = arena_array(arena, count, sizeof *ret_keys->at);
	for (size_t i = 0; i < count; i++) {
		int ret = read_key(all_keys, ids[i], &ret_keys->at[ret_keys->len]);

		TRY(ret);
		for (size_t j = 0; j < i; j++)
			if (strcmp(ids[i], ids[j]) == 0)
				return err_set(ERR_FORMAT, "key %s is listed twice", ids[i]);
		ret_keys->len += (size_t)ret;
	}
	return 0;
}

static int
read_role(struct arena *arena, const json_t *body, const char *name, struct tuf_keys *ret_keys)
{
	json_t *all_keys = NULL;
	json_t *roles = NULL;
	json_t *role = NULL;

	TRY(json_get_object(body, "keys", &all_keys));
	TRY(json_get_object(body, "roles", &roles));
	TRY(json_get_object(roles, name, &role));
	return read_signers(arena, all_keys, role, ret_keys);
}

int
tuf_list_delegations(struct arena *arena, const struct tuf_document *targets,
	struct tuf_delegation **ret_delegations, size_t *ret_count)
{
	json_t *delegations = json_object_get(targets->body, "delegations");
	json_t *all_keys = NULL;
	json_t *roles = NULL;
	struct tuf_delegation *list;
	size_t i;
	json_t *role;

	*ret_delegations = NULL;
	*ret_count = 0;
	if (delegations == NULL)
		return 0;
	TRY(json_get_object(delegations, "keys", &all_keys));
	TRY(json_get_array(delegations, "roles", &roles));
	list = arena_array(arena, json_array_size(roles) + 1, sizeof *list);
	json_array_foreach(roles, i, role)
	{
		const char *name = NULL;

		TRY(json_get_string(role, "name", &name));
		list[i].role = arena_string(arena, name);
		TRY(err_context(read_signers(arena, all_keys, role, &list[i].keys),
			"delegated role %.64s", name));
	}
	*ret_delegations = list;
	*ret_count = i;
	return 0;
}

int
tuf_read_root(
	struct arena *arena, const struct tuf_document *document, struct tuf_root *ret_root)
{
	struct tuf_root root = { .version = document->version };
	bool is_consistent = false;

	TRY(json_get_bool(document->body, "consistent_snapshot", &is_consistent));
	if (!is_consistent)
		return err_set(ERR_FORMAT, "a repository without consistent snapshots");
	for (size_t i = 0; i < TUF_ROLE_COUNT; i++)
		TRY(err_context(
			read_role(arena, document->body, tuf_role_names[i], &root.roles[i]),
			"role %s", tuf_role_names[i]));
	*ret_root = root;
	return 0;
}

int
tuf_open_root(struct arena *arena, struct str bytes, struct tuf_document *ret_document,
	struct tuf_root *ret_root)
{
	struct tuf_document document AUTO(tuf_release) = { 0 };
	struct tuf_root root;

	TRY(tuf_read(bytes, TUF_ROOT, &document));
	TRY(tuf_read_root(arena, &document, &root));
	TRY(tuf_verify(&document, &root.roles[TUF_ROOT]));
	*ret_document = document;
	document = (struct tuf_document){ 0 };
	*ret_root = root;
	return 0;
}

static int
read_file(const json_t *object, struct tuf_file *ret_file)
{
	json_t *hashes = NULL;
	int64_t length = 0;

	if (json_object_get(object, "length") != NULL) {
		TRY(json_get_integer(object, "length", &length));
		if (length < 0)
			return err_set(ERR_FORMAT, "member \"length\" is negative");
		ret_file->has_length = true;
		ret_file->length = (uint64_t)length;
	}
	if (json_object_get(object, "hashes") != NULL) {
		TRY(json_get_object(object, "hashes", &hashes));
		TRY(json_get_digest(hashes, "sha256", &ret_file->sha256));
		ret_file->has_sha256 = true;
	}
	return 0;
}

int
tuf_find_meta(const struct tuf_document *document, const char *name, struct tuf_file *ret_file)
{
	struct tuf_file file = { 0 };
	json_t *meta = NULL;
	json_t *object = NULL;

	TRY(json_get_object(document->body, "meta", &meta));
	TRY(json_get_object(meta, name, &object));
	TRY(read_version(object, &file.version));
	TRY(read_file(object, &file));
	*ret_file = file;
	return 0;
}

int
tuf_find_target(
	const struct tuf_document *document, const char *name, struct tuf_file *ret_file)
{
	struct tuf_file file = { 0 };
	json_t *targets = NULL;
	json_t *object = NULL;

	TRY(json_get_object(document->body, "targets", &targets));
	if (json_object_get(targets, name) == NULL)
		return err_set(ERR_NOT_FOUND, "%s: not a target of the repository", name);
	TRY(json_get_object(targets, name, &object));
	TRY(read_file(object, &file));
	if (!file.has_length || !file.has_sha256)
		return err_set(ERR_FORMAT, "%s: length or SHA-256 is missing", name);
	*ret_file = file;
	return 0;
}

int
tuf_check_bytes(const struct tuf_file *file, struct str bytes)
{
	struct digest digest = hash_bytes(bytes.at, bytes.len);

	if (file->has_length && bytes.len != file->length)
		return err_set(ERR_DIGEST, "it has %zu bytes, the signed length is %" PRIu64,
			bytes.len, file->length);
	if (file->has_sha256 && !digest_equal(&digest, &file->sha256))
		return err_set(ERR_DIGEST, "its SHA-256 is not the signed one");
	return 0;
}

json_t *
tuf_key_object(const uint8_t *public_key)
{
	char hex[2 * KEY_PUBLIC_SIZE + 1];
	json_t *object = json_object();
	json_t *value = json_object();

	sodium_bin2hex(hex, sizeof hex, public_key, KEY_PUBLIC_SIZE);
	json_object_set_new(value, "public", json_string(hex));
	json_object_set_new(object, "keytype", json_string("ed25519"));
	json_object_set_new(object, "scheme", json_string("ed25519"));
	json_object_set_new(object, "keyval", value);
	return object;
}

struct digest
tuf_key_id(const uint8_t *public_key)
{
	json_t *object AUTO(json_release) = tuf_key_object(public_key);
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct digest none = { { 0 } };

	if (canonical_write(object, &text) < 0)
		return none; /* it holds strings only: this does not happen */
	return hash_bytes(text.at, text.len);
}

json_t *
tuf_new_body(enum tuf_role role, uint64_t version, int64_t expires)
{
	char text[TUF_TIME_SIZE];
	json_t *body = json_object();

	json_object_set_new(body, "_type", json_string(tuf_role_names[role]));
	json_object_set_new(body, "spec_version", json_string(SPEC_VERSION));
	json_object_set_new(body, "version", json_integer((json_int_t)version));
	json_object_set_new(body, "expires", json_string(tuf_format_time(expires, text)));
	return body;
}

static json_t *
make_signature(const struct key *key, struct str text)
{
	uint8_t bytes[KEY_SIGNATURE_SIZE];
	char hex[2 * KEY_SIGNATURE_SIZE + 1];
	struct digest id = key_id(key);
	json_t *signature = json_object();

	key_sign(key, text.at, text.len, bytes);
	sodium_bin2hex(hex, sizeof hex, bytes, sizeof bytes);
	json_object_set_new(signature, "keyid", json_from_digest(&id));
	json_object_set_new(signature, "sig", json_string(hex));
	return signature;
}

int
tuf_sign(const json_t *body, const struct key *const *keys, size_t key_count,
	struct strbuf *ret_text)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	json_t *envelope AUTO(json_release) = json_object();
	json_t *signatures = json_array();

	json_object_set_new(envelope, "signatures", signatures);
	json_object_set_new(envelope, "signed", json_deep_copy(body));
	TRY(canonical_write(body, &text));
	for (size_t i = 0; i < key_count; i++) {
		bool is_first = true;

		for (size_t j = 0; j < i; j++)
			is_first = is_first && memcmp(key_public(keys[i]), key_public(keys[j]),
						       KEY_PUBLIC_SIZE) != 0;
		if (is_first)
			json_array_append_new(
				signatures, make_signature(keys[i], strbuf_str(&text)));
	}
	json_write_pretty(envelope, ret_text);
	return 0;
}
