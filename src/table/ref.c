/* ref.c: ref names: time, token, attempt and the escaped partition in one key, so that a ref needs
 * no body. */
#include "table/key.h"

#include "table/grammar.h"

#define REF_SUFFIX ".ref"
/* 16 digits, '-', at least one byte of token, '-', 32 hex digits. */
#define REF_LEFT_MIN_BYTES (WEIR__REF_DIGITS + 1 + 1 + 1 + WEIR__ATTEMPT_BYTES)

static bool is_plain(uint8_t byte)
{
    if ((byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
        (byte >= '0' && byte <= '9'))
        return true;
    return byte != 0 && strchr("-_.~$&+=:@", byte) != NULL;
}

int weir__hive_escape(struct weir__buf *out, struct weir__str text, struct weir_error *err)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = (uint8_t)text.data[i];
        if (is_plain(byte)) {
            TRY(weir__buf_byte(out, byte, err));
        } else {
            char hex[3] = {'%', digits[byte >> 4], digits[byte & 15]};
            TRY(weir__buf_append(out, hex, sizeof hex, err));
        }
    }
    return WEIR_OK;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int weir__hive_unescape(struct weir__buf *out, struct weir__str text, struct weir_error *err)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != '%') {
            TRY(weir__buf_byte(out, (uint8_t)text.data[i], err));
            continue;
        }
        int high = i + 2 < text.len ? hex_value(text.data[i + 1]) : -1;
        int low = i + 2 < text.len ? hex_value(text.data[i + 2]) : -1;
        if (high < 0 || low < 0)
            return weir__fail(err, WEIR_CORRUPT, "'%%' without two hex digits at byte %zu", i);
        TRY(weir__buf_byte(out, (uint8_t)(high * 16 + low), err));
        i += 2;
    }
    return WEIR_OK;
}

int weir__key_append_ref(struct weir__buf *out, const char *prefix, int64_t ref_us,
                         const struct weir__attempt *attempt, struct weir_error *err)
{
    if (ref_us < 0 || ref_us > WEIR__REF_MAX_US) {
        return weir__fail(err, WEIR_INVALID,
                          "clock says %jd us since 1970, refs can only say 1970 to 2286",
                          (intmax_t)ref_us);
    }
    TRY(weir__key_append_dir(out, prefix, WEIR__DIR_REF, err));
    TRY(weir__buf_printf(out, err, "%016jd-", (intmax_t)ref_us));
    TRY(weir__buf_append(out, attempt->token.data, attempt->token.len, err));
    TRY(weir__buf_byte(out, '-', err));
    TRY(weir__buf_append(out, attempt->id.data, attempt->id.len, err));
    TRY(weir__buf_byte(out, ';', err));
    TRY(weir__hive_escape(out, attempt->partition, err));
    return weir__buf_append_text(out, REF_SUFFIX, err);
}

static bool parse_time(struct weir__str digits, int64_t *out_us)
{
    int64_t value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        value = value * 10 + (digits.data[i] - '0');
    }
    *out_us = value;
    return true;
}

int weir__ref_parse(struct weir__str key, struct weir__ref *out, struct weir__buf *partition,
                    struct weir_error *err)
{
    const char *slash = key.len > 0 ? memrchr(key.data, '/', key.len) : NULL;
    struct weir__str name = key;
    if (slash)
        name = (struct weir__str){slash + 1, key.len - (size_t)(slash - key.data) - 1};
    if (weir__str_ends(name, weir__str_of(REF_SUFFIX)))
        name.len -= strlen(REF_SUFFIX);

    const char *semicolon = name.len > 0 ? memchr(name.data, ';', name.len) : NULL;
    if (!semicolon)
        return weir__fail(err, WEIR_CORRUPT, "ref '%.*s' has no ';'", STR_ARG(name));
    size_t left = (size_t)(semicolon - name.data);
    if (left < REF_LEFT_MIN_BYTES)
        return weir__fail(err, WEIR_CORRUPT, "ref '%.*s' is too short", STR_ARG(name));

    struct weir__ref ref = {.escaped = {semicolon + 1, name.len - left - 1}};
    size_t dash = left - WEIR__ATTEMPT_BYTES - 1;
    ref.token = (struct weir__str){name.data + WEIR__REF_DIGITS + 1, dash - WEIR__REF_DIGITS - 1};
    ref.attempt = (struct weir__str){name.data + dash + 1, WEIR__ATTEMPT_BYTES};
    if (!parse_time((struct weir__str){name.data, WEIR__REF_DIGITS}, &ref.ref_us) ||
        name.data[WEIR__REF_DIGITS] != '-' || name.data[dash] != '-' ||
        !weir__attempt_is_valid(ref.attempt)) {
        return weir__fail(err, WEIR_CORRUPT, "ref '%.*s' is not 'time-token-attempt'",
                          STR_ARG(name));
    }

    weir__buf_clear(partition);
    int status = weir__hive_unescape(partition, ref.escaped, err);
    if (status != WEIR_OK)
        return weir__error_prefix(err, status, "ref '%.*s'", STR_ARG(name));
    *out = ref;
    return WEIR_OK;
}

int64_t weir__ref_stamp(int64_t now_us, int64_t last_us, int64_t max_skew_us, bool *out_stepped)
{
    *out_stepped = false;
    if (now_us > last_us)
        return now_us;
    if (last_us - now_us <= max_skew_us)
        return last_us + 1;
    *out_stepped = true;
    return now_us;
}
