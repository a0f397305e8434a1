/* json.c: small JSON documents through jansson.
 *
 * A `struct weir__json` is a jansson value under another name; nothing is ever allocated with that
 * type. */
#include "base/json.h"

#include "base/error.h"
#include "base/macros.h"

#include <jansson.h>

#define JSON_MAX_DEPTH 64

static const json_t *json_of(const struct weir__json *value)
{
    return (const json_t *)(const void *)value;
}

static const struct weir__json *value_of(const json_t *value)
{
    return (const struct weir__json *)(const void *)value;
}

/* jansson recurses far deeper than our documents need to go. */
static bool depth_fits(struct weir__str text)
{
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_MAX_DEPTH)
                return false;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return true;
}

/* The parser quotes the text it stumbled on, control characters and all. */
static void line_clean(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = ' ';
    }
}

int weir__json_parse(struct weir__str text, const char *what, struct weir__json **out,
                     struct weir_error *err)
{
    if (text.len > WEIR__JSON_MAX_BYTES) {
        return weir__fail(err, WEIR_INVALID, "%s: %zu bytes of json exceed the limit of %u", what,
                          text.len, WEIR__JSON_MAX_BYTES);
    }
    if (!depth_fits(text)) {
        return weir__fail(err, WEIR_INVALID, "%s: json nested deeper than %d", what,
                          JSON_MAX_DEPTH);
    }
    json_error_t cause;
    json_t *root = json_loadb(text.len ? text.data : "", text.len,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &cause);
    if (!root && json_error_code(&cause) == json_error_out_of_memory)
        return weir__fail_memory(err, text.len);
    if (!root) {
        line_clean(cause.text);
        return weir__fail(err, WEIR_INVALID, "%s: line %d, column %d: %s", what, cause.line,
                          cause.column, cause.text);
    }
    *out = (struct weir__json *)(void *)root;
    return WEIR_OK;
}

void weir__json_free(struct weir__json *root)
{
    json_decref((json_t *)(void *)root); /* NULL is fine */
}

void weir__json_freep(struct weir__json **root)
{
    weir__json_free(*root);
    *root = NULL;
}

const struct weir__json *weir__json_member(const struct weir__json *object, const char *name)
{
    return object ? value_of(json_object_get(json_of(object), name)) : NULL;
}

const struct weir__json *weir__json_at(const struct weir__json *array, size_t i)
{
    return array ? value_of(json_array_get(json_of(array), i)) : NULL;
}

size_t weir__json_count(const struct weir__json *value)
{
    if (weir__json_is_array(value))
        return json_array_size(json_of(value));
    return weir__json_is_object(value) ? json_object_size(json_of(value)) : 0;
}

bool weir__json_is_array(const struct weir__json *value)
{
    return value && json_is_array(json_of(value));
}

bool weir__json_is_object(const struct weir__json *value)
{
    return value && json_is_object(json_of(value));
}

bool weir__json_string(const struct weir__json *value, struct weir__str *out)
{
    if (!value || !json_is_string(json_of(value)))
        return false;
    *out =
        (struct weir__str){json_string_value(json_of(value)), json_string_length(json_of(value))};
    return true;
}

bool weir__json_integer(const struct weir__json *value, int64_t *out)
{
    if (!value || !json_is_integer(json_of(value)))
        return false;
    *out = json_integer_value(json_of(value));
    return true;
}

bool weir__json_boolean(const struct weir__json *value, bool *out)
{
    if (!value || !json_is_boolean(json_of(value)))
        return false;
    *out = json_is_true(json_of(value));
    return true;
}

/* The escape of one character that may not stand for itself. */
static int escape_append(struct weir__buf *out, uint8_t c, struct weir_error *err)
{
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    char letter = 0;
    if (c == '"' || c == '\\') {
        letter = (char)c;
    } else if (c < 0x20) {
        letter = letters[c];
    }
    if (letter) {
        const char pair[2] = {'\\', letter};
        return weir__buf_append(out, pair, 2, err);
    }
    return weir__buf_printf(out, err, "\\u%04x", c);
}

static bool byte_is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static int quoted_append(struct weir__buf *out, struct weir__str text, struct weir_error *err)
{
    for (size_t i = 0; i < text.len;) {
        size_t run = 0;
        while (i + run < text.len && byte_is_plain((uint8_t)text.data[i + run]))
            run++;
        TRY(weir__buf_append(out, text.data + i, run, err));
        i += run;
        if (i == text.len)
            break;
        uint8_t c = (uint8_t)text.data[i];
        size_t len = weir__utf8_char(text.data + i, text.len - i);
        if (len == 0) {
            TRY(weir__buf_append(out, "\xef\xbf\xbd", 3, err)); /* U+FFFD */
        } else if (c < 0x80) {
            TRY(escape_append(out, c, err));
        } else {
            TRY(weir__buf_append(out, text.data + i, len, err));
        }
        i += len ? len : 1;
    }
    return WEIR_OK;
}

int weir__json_quote(struct weir__buf *out, struct weir__str text, struct weir_error *err)
{
    size_t before = out->len;
    int status = weir__buf_byte(out, '"', err);
    if (status == WEIR_OK)
        status = quoted_append(out, text, err);
    if (status == WEIR_OK)
        status = weir__buf_byte(out, '"', err);
    if (status != WEIR_OK)
        out->len = before;
    return status;
}
