/* grammar.c: the checks of spec/table-store.md 4.1-4.3, each naming what it refuses. */
#include "table/grammar.h"

/* Longest piece of a bad value that a message shows. */
#define SHOWN_BYTES 120

static int shown(struct weir__str text)
{
    return text.len > SHOWN_BYTES ? SHOWN_BYTES : (int)text.len;
}

int weir__parts_check(const char *what, const char *const *names, size_t n, struct weir_error *err)
{
    if (n == 0)
        return weir__fail(err, WEIR_INVALID, "no %s is given", what);
    for (size_t i = 0; i < n; i++) {
        const char *name = names[i];
        if (!name || name[0] == '\0')
            return weir__fail(err, WEIR_INVALID, "%s %zu is empty", what, i);
        if (strchr(name, '=') || strchr(name, '/'))
            return weir__fail(err, WEIR_INVALID, "%s %zu '%s' contains '=' or '/'", what, i, name);
        if (!weir__utf8_valid(name, strlen(name)))
            return weir__fail(err, WEIR_INVALID, "%s %zu is not valid utf-8", what, i);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(name, names[j]) == 0)
                return weir__fail(err, WEIR_INVALID, "%s %zu '%s' is given twice", what, i, name);
        }
    }
    return WEIR_OK;
}

int64_t weir__find_dots(struct weir__str text)
{
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.data[i] == '.' && text.data[i + 1] == '.')
            return (int64_t)i;
    }
    return -1;
}

static bool has_byte(struct weir__str text, char byte)
{
    return text.len > 0 && memchr(text.data, byte, text.len) != NULL;
}

static bool has_control(struct weir__str text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = (uint8_t)text.data[i];
        if (byte < 0x20 || byte == 0x7F)
            return true;
    }
    return false;
}

/* The rules that hold on both sides. */
static int value_check_common(const char *part, struct weir__str value, struct weir_error *err)
{
    if (value.len == 0)
        return weir__fail(err, WEIR_INVALID, "partition value of '%s' is empty", part);
    if (has_byte(value, '/')) {
        return weir__fail(err, WEIR_INVALID, "partition value of '%s' contains '/': '%.*s'", part,
                          shown(value), value.data);
    }
    if (weir__find_dots(value) >= 0) {
        return weir__fail(err, WEIR_INVALID, "partition value of '%s' contains '..': '%.*s'", part,
                          shown(value), value.data);
    }
    return WEIR_OK;
}

int weir__value_check(const char *part, struct weir__str value, struct weir_error *err)
{
    if (!weir__utf8_valid(value.data, value.len))
        return weir__fail(err, WEIR_INVALID, "partition value of '%s' is not valid utf-8", part);
    if (has_control(value)) {
        return weir__fail(err, WEIR_INVALID, "partition value of '%s' contains a control character",
                          part);
    }
    return value_check_common(part, value, err);
}

bool weir__segments_next(struct weir__segments *it, struct weir__str *out)
{
    if (it->is_done)
        return false;
    const char *slash = it->rest.len > 0 ? memchr(it->rest.data, '/', it->rest.len) : NULL;
    if (!slash) {
        *out = it->rest;
        it->is_done = true;
        return true;
    }
    size_t len = (size_t)(slash - it->rest.data);
    *out = (struct weir__str){it->rest.data, len};
    it->rest = (struct weir__str){slash + 1, it->rest.len - len - 1};
    return true;
}

size_t weir__segments_count(struct weir__str text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.len; i++)
        n += text.data[i] == '/';
    return n;
}

bool weir__segment_value(struct weir__str segment, const char *part, struct weir__str *out)
{
    size_t len = strlen(part);
    if (segment.len <= len || memcmp(segment.data, part, len) != 0 || segment.data[len] != '=')
        return false;
    *out = (struct weir__str){segment.data + len + 1, segment.len - len - 1};
    return true;
}

int weir__partition_check(const char *const *parts, size_t n_parts, struct weir__str key,
                          bool is_write, struct weir_error *err)
{
    size_t n = weir__segments_count(key);
    if (n != n_parts) {
        return weir__fail(err, WEIR_INVALID,
                          "partition key '%.*s' has %zu segments, the table has %zu parts",
                          shown(key), key.data, n, n_parts);
    }
    struct weir__segments it = weir__segments_of(key);
    struct weir__str segment = STR_NULL;
    for (size_t i = 0; weir__segments_next(&it, &segment); i++) {
        struct weir__str value = STR_NULL;
        if (!weir__segment_value(segment, parts[i], &value)) {
            return weir__fail(err, WEIR_INVALID,
                              "segment %zu of partition key '%.*s' does not begin with '%s='", i,
                              shown(key), key.data, parts[i]);
        }
        TRY(is_write ? weir__value_check(parts[i], value, err)
                     : value_check_common(parts[i], value, err));
    }
    return WEIR_OK;
}

int weir__token_check(struct weir__str token, struct weir_error *err)
{
    if (token.len == 0)
        return weir__fail(err, WEIR_INVALID, "token is empty");
    if (token.len > WEIR_TOKEN_MAX_BYTES) {
        return weir__fail(err, WEIR_INVALID, "token is longer than %d bytes: %zu",
                          WEIR_TOKEN_MAX_BYTES, token.len);
    }
    for (size_t i = 0; i < token.len; i++) {
        uint8_t byte = (uint8_t)token.data[i];
        if (byte < 0x21 || byte > 0x7E) {
            return weir__fail(err, WEIR_INVALID,
                              "token has byte 0x%02x at %zu; only printable ascii is allowed",
                              (unsigned)byte, i);
        }
        if (byte == '/' || byte == ';') {
            return weir__fail(err, WEIR_INVALID, "token '%.*s' contains '%c'", STR_ARG(token),
                              byte);
        }
    }
    if (weir__find_dots(token) >= 0)
        return weir__fail(err, WEIR_INVALID, "token '%.*s' contains '..'", STR_ARG(token));
    return WEIR_OK;
}

bool weir__attempt_is_valid(struct weir__str attempt)
{
    if (attempt.len != 32)
        return false;
    for (size_t i = 0; i < attempt.len; i++) {
        char c = attempt.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
}

int weir_token_check(const char *token, struct weir_error *err)
{
    return weir__token_check(weir__str_of(token), err);
}

int weir_partition_key_check(const char *const *parts, size_t n_parts, const char *key,
                             struct weir_error *err)
{
    return weir__partition_check(parts, n_parts, weir__str_of(key), true, err);
}
