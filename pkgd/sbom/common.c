/* SPDX-License-Identifier: MIT */
/* Times, UUIDs and escapes: the same in both formats. */
#include "pkgd/sbom/sbom.h"

#include "base/arena.h"
#include "base/err.h"

#include <string.h>
#include <time.h>

char *
sbom_time(int64_t seconds, char text[SBOM_TIME_SIZE])
{
	struct tm parts = { 0 };
	time_t time = (time_t)seconds;

	gmtime_r(&time, &parts);
	strftime(text, SBOM_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
	return text;
}

/* All that a bill tells: what else stands in a manifest, the package's digest stands for. */
static struct digest
digest_of(const struct sbom *sbom, const char *format)
{
	struct hash hash;

	hash_init(&hash);
	hash_add_string(&hash, format);
	hash_add_string(&hash, WELD_VERSION);
	VEC_EACH (struct sbom_element, element, &sbom->elements) {
		const char *licence = element->licence.expression;

		hash_add_string(&hash, element->reference);
		hash_add_string(&hash, element->version);
		hash_add_string(&hash, licence == NULL ? "" : licence);
		hash_add(&hash, element->digest.bytes, DIGEST_SIZE);
		VEC_EACH (struct sbom_property, property, &element->properties) {
			hash_add_string(&hash, property->name);
			hash_add_string(&hash, property->value);
		}
		hash_add_u64(&hash, element->properties.len);
	}
	VEC_EACH (struct sbom_edge, edge, &sbom->edges) {
		hash_add_u64(&hash, edge->from);
		hash_add_u64(&hash, edge->relation);
		hash_add_u64(&hash, edge->to);
		hash_add_string(&hash, edge->text == NULL ? "" : edge->text);
	}
	VEC_EACH (struct sbom_licence, licence, &sbom->licences)
		hash_add_string(&hash, licence->text);
	return hash_end(&hash);
}

char *
sbom_uuid(const struct sbom *sbom, const char *format, char text[SBOM_UUID_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	struct digest digest = digest_of(sbom, format);
	char *at = text;

	digest.bytes[6] = (uint8_t)(0x80 | (digest.bytes[6] & 0x0f)); /* version 8 */
	digest.bytes[8] = (uint8_t)(0x80 | (digest.bytes[8] & 0x3f)); /* variant */
	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		*at++ = digits[digest.bytes[i] >> 4];
		*at++ = digits[digest.bytes[i] & 0xf];
	}
	*at = '\0';
	return text;
}

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-._~", c) != NULL);
}

char *
sbom_escape(struct arena *arena, const char *text, const char *keep)
{
	struct strbuf escaped AUTO(strbuf_free) = { 0 };

	for (; *text != '\0'; text++)
		if (is_plain(*text) || strchr(keep, *text) != NULL)
			strbuf_add_char(&escaped, *text);
		else
			strbuf_printf(&escaped, "%%%02X", (unsigned char)*text);
	return arena_string(arena, strbuf_string(&escaped));
}
