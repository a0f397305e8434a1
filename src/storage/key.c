/* key.c: which names an object may have (spec/storage.md 2) and what a store prefix may be (6.3).
 *
 * The hard idea: nothing is ever repaired. A key is taken as it is or refused, so that one key is
 * one object on every backend. */
#include "storage/store.h"

#define PREFIX_MAX_BYTES 512

const char *weir__key_shown(const char *key, char out[WEIR__KEY_SHOWN_BYTES])
{
    static const char digits[17] = "0123456789ABCDEF";
    size_t n = 0;
    for (size_t i = 0; key[i] && i < 200; i++) {
        uint8_t byte = (uint8_t)key[i];
        if (byte > 0x20 && byte < 0x7F) {
            out[n++] = key[i];
            continue;
        }
        out[n++] = '%';
        out[n++] = digits[byte >> 4];
        out[n++] = digits[byte & 15];
    }
    out[n] = 0;
    return out;
}

static int key_refused(struct weir_error *err, const char *what, const char *key, const char *rule)
{
    char shown[WEIR__KEY_SHOWN_BYTES];
    return weir__fail(err, WEIR_INVALID, "%s %s: %s", what, weir__key_shown(key, shown), rule);
}

/* The rule that a segment breaks, or NULL. */
static const char *segment_fault(struct weir__str segment)
{
    if (segment.len == 0)
        return "has an empty segment";
    if (weir__str_is(segment, ".") || weir__str_is(segment, ".."))
        return "has a segment \".\" or \"..\"";
    if (weir__str_starts(segment, weir__str_of(".weir-")))
        return "has a segment that begins with \".weir-\"";
    return NULL;
}

static const char *segments_fault(const char *key)
{
    const char *at = key;
    for (;;) {
        const char *slash = strchr(at, '/');
        size_t len = slash ? (size_t)(slash - at) : strlen(at);
        const char *fault = segment_fault((struct weir__str){at, len});
        if (fault || !slash)
            return fault;
        at = slash + 1;
    }
}

static const char *bytes_fault(const char *key, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = (uint8_t)key[i];
        if (byte < 0x20 || byte == 0x7F)
            return "has a control character";
        if (byte == '\\')
            return "has a backslash";
    }
    return weir__utf8_valid(key, len) ? NULL : "is not UTF-8";
}

/* `key` without the one "/" that a list prefix may end in has to be a key. */
static const char *key_fault(const char *key, size_t len)
{
    if (len > WEIR_KEY_MAX_BYTES)
        return "is longer than 1024 bytes";
    if (key[0] == '/')
        return "begins with \"/\"";
    const char *fault = bytes_fault(key, len);
    return fault ? fault : segments_fault(key);
}

int weir_storage_check_key(const char *key, struct weir_error *err)
{
    if (!key || !*key)
        return weir__fail(err, WEIR_INVALID, "key is empty");
    const char *fault = key_fault(key, strlen(key));
    return fault ? key_refused(err, "key", key, fault) : WEIR_OK;
}

int weir_storage_check_list_prefix(const char *prefix, struct weir_error *err)
{
    if (!prefix)
        return weir__fail(err, WEIR_INVALID, "list prefix is missing");
    size_t len = strlen(prefix);
    if (len == 0)
        return WEIR_OK;
    if (len > WEIR_KEY_MAX_BYTES)
        return key_refused(err, "list prefix", prefix, "is longer than 1024 bytes");
    char trimmed[WEIR_KEY_MAX_BYTES + 1];
    memcpy(trimmed, prefix, len + 1);
    if (len > 1 && trimmed[len - 1] == '/')
        trimmed[--len] = 0;
    const char *fault = key_fault(trimmed, len);
    return fault ? key_refused(err, "list prefix", prefix, fault) : WEIR_OK;
}

int weir__key_check_foreign(const char *key, struct weir_error *err)
{
    if (!key || !*key)
        return weir__fail(err, WEIR_INVALID, "key is empty");
    const char *fault = NULL;
    if (strlen(key) > WEIR_KEY_MAX_BYTES) {
        fault = "is longer than 1024 bytes";
    } else if (key[0] == '/') {
        fault = "begins with \"/\"";
    } else {
        fault = segments_fault(key);
    }
    return fault ? key_refused(err, "key", key, fault) : WEIR_OK;
}

/* Bytes of the Unicode white-space character at `text` (not NUL), 0 if it is another one. */
static size_t space_bytes(const char *text, size_t len)
{
    static const char *const spaces[] = {
        "\t",           "\n",           "\v",
        "\f",           "\r",           " ",
        "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80",
        "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82",
        "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85",
        "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88",
        "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8",
        "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F",
        "\xE3\x80\x80",
    };
    for (size_t i = 0; i < COUNT_OF(spaces); i++) {
        size_t n = strlen(spaces[i]);
        if (n <= len && memcmp(text, spaces[i], n) == 0)
            return n;
    }
    return 0;
}

static struct weir__str trim_spaces(const char *text)
{
    struct weir__str left = weir__str_of(text);
    for (size_t n; left.len && (n = space_bytes(left.data, left.len)) > 0;) {
        left.data += n;
        left.len -= n;
    }
    for (bool again = true; again && left.len;) {
        again = false;
        for (size_t n = 1; n <= 3 && n <= left.len && !again; n++) {
            if (space_bytes(left.data + left.len - n, n) != n)
                continue;
            left.len -= n;
            again = true;
        }
    }
    return left;
}

static bool prefix_byte_is_plain(char c, bool allow_equals)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '-' || c == '_' || c == '.' || (c == '=' && allow_equals);
}

static const char *prefix_fault(struct weir__str prefix, bool allow_equals)
{
    for (size_t i = 0; i < prefix.len; i++) {
        char before = 0;
        if (i > 0)
            before = prefix.data[i - 1];
        if (!prefix_byte_is_plain(prefix.data[i], allow_equals))
            return "has a character that is not allowed in a store prefix";
        if (prefix.data[i] == '.' && before == '.')
            return "has \"..\"";
        if (prefix.data[i] == '/' && before == '/')
            return "has an empty segment";
    }
    return NULL;
}

static int prefix_clean(const char *prefix, bool allow_equals, char *out, size_t cap,
                        struct weir_error *err)
{
    if (!out || cap == 0)
        return weir__fail(err, WEIR_INVALID, "store prefix: no room for the result");
    struct weir__str left = trim_spaces(prefix ? prefix : "");
    while (left.len && left.data[0] == '/') {
        left.data++;
        left.len--;
    }
    const char *fault = prefix_fault(left, allow_equals);
    bool has_slash = left.len && left.data[left.len - 1] == '/';
    size_t need = left.len + (left.len && !has_slash ? 1 : 0);
    if (!fault && need > PREFIX_MAX_BYTES)
        fault = "is longer than 512 bytes";
    if (!fault && need >= cap)
        fault = "does not fit the result";
    if (fault) {
        out[0] = 0; /* promised: never the bucket root by accident of a caller that ignores us */
        return key_refused(err, "store prefix", prefix, fault);
    }
    memcpy(out, left.data, left.len);
    if (need > left.len)
        out[left.len] = '/';
    out[need] = 0;
    return WEIR_OK;
}

int weir_storage_sanitize_s3_prefix(const char *prefix, char *out, size_t cap,
                                    struct weir_error *err)
{
    return prefix_clean(prefix, false, out, cap, err);
}

int weir_storage_check_prefix(const char *prefix, char *out, size_t cap, struct weir_error *err)
{
    return prefix_clean(prefix, true, out, cap, err);
}
