/* SPDX-License-Identifier: MIT */
/*
 * Key files: JSON, mode 0600, written once.
 *
 *	{"format": 1, "type": "ed25519", "public": HEX, "secret": HEX,
 *	 "encryption": {"kdf": "argon2id13", "memory", "operations", "salt", "nonce"}}
 *
 * "secret" is the 32-byte seed: in the clear without "encryption", otherwise in
 * a secretbox (XSalsa20-Poly1305) under the key that Argon2id makes of the
 * passphrase. What is opened is checked against the public key.
 */
#include "repo/key.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/vec.h"
#include "repo/relation.h"
#include "repo/trust/tuf.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_SUFFIX ".key"
#define KEY_FILE_MAX 8192 /* bytes */
#define PASSPHRASE_MAX 1024 /* bytes */
#define SEED_SIZE crypto_sign_SEEDBYTES
#define BOX_SIZE (SEED_SIZE + crypto_secretbox_MACBYTES)
#define KDF "argon2id13"
#define KDF_MEMORY_MAX (INT64_C(1) << 30) /* bytes: a foreign file may not ask for more */
#define KDF_OPERATIONS_MAX 16

struct key {
	uint8_t public_key[KEY_PUBLIC_SIZE];
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
};

struct encryption {
	int64_t memory; /* bytes */
	int64_t operations;
	uint8_t salt[crypto_pwhash_SALTBYTES];
	uint8_t nonce[crypto_secretbox_NONCEBYTES];
};

struct key_file {
	uint8_t public_key[KEY_PUBLIC_SIZE];
	uint8_t secret[BOX_SIZE]; /* SEED_SIZE bytes of it without encryption */
	bool is_encrypted;
	struct encryption encryption;
};

static int
start_sodium(void)
{
	if (sodium_init() < 0)
		return err_set(ERR_FAILED, "libsodium does not start");
	return 0;
}

int
key_default_directory(struct arena *arena, char **ret_path)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (config != NULL && config[0] == '/')
		*ret_path = arena_printf(arena, "%s/weld/keys", config);
	else if (home != NULL && home[0] == '/')
		*ret_path = arena_printf(arena, "%s/.config/weld/keys", home);
	else
		return err_set(ERR_NOT_FOUND, "no directory for keys: HOME is not set");
	return 0;
}

int
key_read_passphrase(int fd, struct strbuf *ret_passphrase)
{
	struct strbuf text = { 0 };

	for (;;) {
		char c;
		ssize_t got = read(fd, &c, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			key_forget_passphrase(&text);
			return err_errno("passphrase: read");
		}
		if (got == 0 || c == '\n')
			break;
		if (text.len == PASSPHRASE_MAX) {
			key_forget_passphrase(&text);
			return err_set(
				ERR_LIMIT, "passphrase: longer than %d bytes", PASSPHRASE_MAX);
		}
		strbuf_add_char(&text, c);
	}
	if (text.len == 0)
		return err_set(ERR_FORMAT, "passphrase: empty");
	*ret_passphrase = text;
	return 0;
}

void
key_forget_passphrase(struct strbuf *passphrase)
{
	if (passphrase->at != NULL)
		sodium_memzero(passphrase->at, passphrase->cap);
	strbuf_free(passphrase);
}

/* Turn seed to box and back: the key that the passphrase makes. */
static int
derive(const struct encryption *encryption, const struct str *passphrase,
	uint8_t ret_key[crypto_secretbox_KEYBYTES])
{
	if (crypto_pwhash(ret_key, crypto_secretbox_KEYBYTES, passphrase->at, passphrase->len,
		    encryption->salt, (unsigned long long)encryption->operations,
		    (size_t)encryption->memory, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return err_set(ERR_FAILED, "passphrase: not enough memory (%" PRId64 " bytes)",
			encryption->memory);
	return 0;
}

static int
encrypt(struct key_file *file, const uint8_t seed[SEED_SIZE], const struct str *passphrase)
{
	uint8_t secret[crypto_secretbox_KEYBYTES];
	struct encryption *encryption = &file->encryption;

	if (passphrase->len == 0)
		return err_set(ERR_FORMAT, "passphrase: empty");
	file->is_encrypted = true;
	encryption->memory = crypto_pwhash_MEMLIMIT_INTERACTIVE;
	encryption->operations = crypto_pwhash_OPSLIMIT_MODERATE;
	randombytes_buf(encryption->salt, sizeof encryption->salt);
	randombytes_buf(encryption->nonce, sizeof encryption->nonce);
	TRY(derive(encryption, passphrase, secret));
	crypto_secretbox_easy(file->secret, seed, SEED_SIZE, encryption->nonce, secret);
	sodium_memzero(secret, sizeof secret);
	return 0;
}

static int
decrypt(const struct key_file *file, const struct str *passphrase, uint8_t ret_seed[SEED_SIZE])
{
	uint8_t secret[crypto_secretbox_KEYBYTES];
	int ret;

	if (!file->is_encrypted) {
		memcpy(ret_seed, file->secret, SEED_SIZE);
		return 0;
	}
	if (passphrase == NULL)
		return err_set(ERR_CONSENT,
			"it is encrypted (give its passphrase with --passphrase-fd)");
	TRY(derive(&file->encryption, passphrase, secret));
	ret = crypto_secretbox_open_easy(
		ret_seed, file->secret, BOX_SIZE, file->encryption.nonce, secret);
	sodium_memzero(secret, sizeof secret);
	if (ret != 0)
		return err_set(ERR_SIGNATURE, "wrong passphrase, or the key file is damaged");
	return 0;
}

static json_t *
from_bytes(const uint8_t *bytes, size_t length)
{
	char hex[2 * BOX_SIZE + 1];

	return json_string(sodium_bin2hex(hex, sizeof hex, bytes, length));
}

static int
to_bytes(const json_t *object, const char *key, uint8_t *ret_bytes, size_t size)
{
	const char *hex = NULL;
	size_t length = 0;

	TRY(json_get_string(object, key, &hex));
	if (strlen(hex) != 2 * size ||
		sodium_hex2bin(ret_bytes, size, hex, strlen(hex), NULL, &length, NULL) != 0 ||
		length != size)
		return err_set(ERR_FORMAT, "member \"%s\" is not %zu bytes in hex", key, size);
	return 0;
}

static void
format_file(const struct key_file *file, struct strbuf *ret_text)
{
	json_t *root AUTO(json_release) = json_object();
	json_t *encryption;

	json_object_set_new(root, "format", json_integer(1));
	json_object_set_new(root, "type", json_string("ed25519"));
	json_object_set_new(root, "public", from_bytes(file->public_key, KEY_PUBLIC_SIZE));
	json_object_set_new(root, "secret",
		from_bytes(file->secret, file->is_encrypted ? BOX_SIZE : SEED_SIZE));
	if (file->is_encrypted) {
		encryption = json_object();
		json_object_set_new(encryption, "kdf", json_string(KDF));
		json_object_set_new(
			encryption, "memory", json_integer(file->encryption.memory));
		json_object_set_new(
			encryption, "operations", json_integer(file->encryption.operations));
		json_object_set_new(encryption, "salt",
			from_bytes(file->encryption.salt, sizeof file->encryption.salt));
		json_object_set_new(encryption, "nonce",
			from_bytes(file->encryption.nonce, sizeof file->encryption.nonce));
		json_object_set_new(root, "encryption", encryption);
	}
	json_write_pretty(root, ret_text);
}

static int
parse_encryption(const json_t *root, struct encryption *ret_encryption)
{
	json_t *object = NULL;
	const char *kdf = NULL;

	TRY(json_get_object(root, "encryption", &object));
	TRY(json_get_string(object, "kdf", &kdf));
	if (strcmp(kdf, KDF) != 0)
		return err_set(ERR_FORMAT, "kdf \"%.40s\" is not known", kdf);
	TRY(json_get_integer(object, "memory", &ret_encryption->memory));
	TRY(json_get_integer(object, "operations", &ret_encryption->operations));
	if (ret_encryption->memory < (int64_t)crypto_pwhash_MEMLIMIT_MIN ||
		ret_encryption->memory > KDF_MEMORY_MAX || ret_encryption->operations < 1 ||
		ret_encryption->operations > KDF_OPERATIONS_MAX)
		return err_set(ERR_FORMAT, "memory or operations are out of range");
	TRY(to_bytes(object, "salt", ret_encryption->salt, sizeof ret_encryption->salt));
	return to_bytes(object, "nonce", ret_encryption->nonce, sizeof ret_encryption->nonce);
}

static int
parse_file(struct str text, struct key_file *ret_file)
{
	json_t *root AUTO(json_release) = NULL;
	struct key_file file = { 0 };
	const char *type = NULL;
	int64_t format = 0;

	TRY(json_read(text, &root));
	if (!json_is_object(root))
		return err_set(ERR_FORMAT, "not a key file");
	TRY(json_get_integer(root, "format", &format));
	TRY(json_get_string(root, "type", &type));
	if (format != 1 || strcmp(type, "ed25519") != 0)
		return err_set(ERR_FORMAT, "format %" PRId64 ", type \"%.40s\" is not known",
			format, type);
	file.is_encrypted = json_object_get(root, "encryption") != NULL;
	TRY(to_bytes(root, "public", file.public_key, KEY_PUBLIC_SIZE));
	TRY(to_bytes(root, "secret", file.secret, file.is_encrypted ? BOX_SIZE : SEED_SIZE));
	if (file.is_encrypted)
		TRY(parse_encryption(root, &file.encryption));
	*ret_file = file;
	return 0;
}

static int
check_name(const char *name)
{
	if (!relation_is_name(name))
		return err_set(
			ERR_FORMAT, "key \"%.100s\": not a name (a-z 0-9 + . _ -)", name);
	return 0;
}

static int
load_text(struct arena *arena, const char *directory, const char *name, struct str *ret_text)
{
	int dir AUTO(file_close) = -1;
	int ret;

	TRY(check_name(name));
	ret = file_open_dir(AT_FDCWD, directory, &dir);
	if (ret >= 0)
		ret = file_read(arena, dir, arena_printf(arena, "%s" KEY_SUFFIX, name),
			KEY_FILE_MAX, ret_text);
	if (ret == ERR_NOT_FOUND)
		return err_set(ERR_NOT_FOUND,
			"key %s: not in %s (run 'weld key list' or 'weld key generate')", name,
			directory);
	return err_context(ret, "key %s", name);
}

static int
load(struct arena *arena, const char *directory, const char *name, struct key_file *ret_file)
{
	struct str text = { 0 };

	TRY(load_text(arena, directory, name, &text));
	return err_context(parse_file(text, ret_file), "key %s", name);
}

static int
save(const char *directory, const char *name, const struct key_file *file)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct strbuf text AUTO(key_forget_passphrase) = { 0 };
	char *file_name = arena_printf(arena, "%s" KEY_SUFFIX, name);
	int dir AUTO(file_close) = -1;
	int ret;

	TRY(file_make_dirs(AT_FDCWD, directory, 0700));
	TRY(file_open_dir(AT_FDCWD, directory, &dir));
	format_file(file, &text);
	ret = file_create(dir, file_name, text.at, text.len, 0600);
	if (ret == ERR_EXISTS)
		return err_set(
			ERR_EXISTS, "key %s: there is one of that name in %s", name, directory);
	TRY(err_context(ret, "key %s", name));
	return file_sync_dir(dir);
}

static void
fill_info(struct arena *arena, const char *name, const struct key_file *file,
	struct key_info *ret_info)
{
	ret_info->name = arena_string(arena, name);
	ret_info->id = tuf_key_id(file->public_key);
	memcpy(ret_info->public_key, file->public_key, KEY_PUBLIC_SIZE);
	ret_info->is_encrypted = file->is_encrypted;
}

int
key_generate(struct arena *arena, const char *directory, const char *name,
	const struct str *passphrase, struct key_info *ret_info)
{
	struct key_file file = { 0 };
	uint8_t seed[SEED_SIZE];
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	int ret = 0;

	TRY(start_sodium());
	TRY(check_name(name));
	randombytes_buf(seed, sizeof seed);
	crypto_sign_seed_keypair(file.public_key, secret, seed);
	sodium_memzero(secret, sizeof secret);
	if (passphrase != NULL)
		ret = encrypt(&file, seed, passphrase);
	else
		memcpy(file.secret, seed, sizeof seed);
	sodium_memzero(seed, sizeof seed);
	if (ret >= 0)
		ret = save(directory, name, &file);
	sodium_memzero(file.secret, sizeof file.secret);
	TRY(ret);
	fill_info(arena, name, &file, ret_info);
	return 0;
}

int
key_list(struct arena *arena, const char *directory, struct key_info **ret_infos,
	size_t *ret_count)
{
	VEC(struct key_info) infos = { 0 };
	int dir AUTO(file_close) = -1;
	char **names = NULL;
	size_t count = 0;
	int ret = file_open_dir(AT_FDCWD, directory, &dir);

	*ret_infos = NULL;
	*ret_count = 0;
	if (ret == ERR_NOT_FOUND)
		return 0;
	TRY(ret);
	TRY(start_sodium());
	TRY(file_list(arena, dir, &names, &count));
	for (size_t i = 0; i < count; i++) {
		struct key_info info;

		if (!str_has_suffix(names[i], KEY_SUFFIX))
			continue;
		names[i][strlen(names[i]) - strlen(KEY_SUFFIX)] = '\0';
		if (!relation_is_name(names[i]))
			continue;
		TRY(key_find(arena, directory, names[i], &info));
		vec_push(arena, &infos, info);
	}
	*ret_infos = infos.at;
	*ret_count = infos.len;
	return 0;
}

int
key_find(
	struct arena *arena, const char *directory, const char *name, struct key_info *ret_info)
{
	struct key_file file;

	TRY(start_sodium());
	TRY(load(arena, directory, name, &file));
	fill_info(arena, name, &file, ret_info);
	sodium_memzero(file.secret, sizeof file.secret);
	return 0;
}

/* Make the key pair of a seed; it must be that of the file. */
static int
make_key(const struct key_file *file, const uint8_t seed[SEED_SIZE], struct key **ret_key)
{
	struct key *key = sodium_malloc(sizeof *key);

	if (key == NULL)
		return err_errno("memory for the secret key");
	crypto_sign_seed_keypair(key->public_key, key->secret, seed);
	if (memcmp(key->public_key, file->public_key, KEY_PUBLIC_SIZE) != 0) {
		key_free(&key);
		return err_set(ERR_FORMAT, "its public key is not that of its secret key");
	}
	*ret_key = key;
	return 0;
}

int
key_open(const char *directory, const char *name, const struct str *passphrase,
	struct key **ret_key)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct key_file file;
	uint8_t seed[SEED_SIZE];
	int ret;

	TRY(start_sodium());
	TRY(load(arena, directory, name, &file));
	ret = decrypt(&file, passphrase, seed);
	if (ret >= 0)
		ret = make_key(&file, seed, ret_key);
	sodium_memzero(seed, sizeof seed);
	sodium_memzero(file.secret, sizeof file.secret);
	return err_context(ret, "key %s", name);
}

void
key_free(struct key **key)
{
	sodium_free(*key); /* overwrites */
	*key = NULL;
}

struct digest
key_id(const struct key *key)
{
	return tuf_key_id(key->public_key);
}

const uint8_t *
key_public(const struct key *key)
{
	return key->public_key;
}

void
key_sign(const struct key *key, const void *bytes, size_t length, uint8_t *ret_signature)
{
	crypto_sign_detached(ret_signature, NULL, bytes, length, key->secret);
}

void
key_export_public(const struct key_info *info, struct strbuf *ret_text)
{
	json_t *object AUTO(json_release) = tuf_key_object(info->public_key);

	json_write_pretty(object, ret_text);
}

int
key_export_secret(const char *directory, const char *name, struct strbuf *ret_text)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct key_file file;
	struct str text = { 0 };

	TRY(start_sodium());
	TRY(load_text(arena, directory, name, &text));
	TRY(err_context(parse_file(text, &file), "key %s", name));
	sodium_memzero(file.secret, sizeof file.secret);
	*ret_text = (struct strbuf){ 0 };
	strbuf_add(ret_text, text.at, text.len);
	return 0;
}

int
key_import(struct arena *arena, const char *directory, const char *name, struct str text,
	struct key_info *ret_info)
{
	struct key_file file;
	int ret;

	TRY(start_sodium());
	TRY(check_name(name));
	TRY(err_context(parse_file(text, &file), "key %s", name));
	ret = save(directory, name, &file);
	sodium_memzero(file.secret, sizeof file.secret);
	TRY(ret);
	fill_info(arena, name, &file, ret_info);
	return 0;
}
