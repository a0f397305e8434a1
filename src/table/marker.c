/* marker.c: commit markers to and from text. */
#include "table/marker.h"

#include "table/grammar.h"

#include <strings.h>

static const char *const field_names[WEIR__MARKER_FIELDS] = {"attemptid", "refmicrots",
                                                             "insertedat", "rowcount"};
#define FIELD_ATTEMPT 0
#define FIELD_REF 1
#define FIELD_INSERTED 2
#define FIELD_ROWS 3

void weir__marker_write(const struct weir__marker *marker, struct weir__marker_text *out)
{
    const int64_t numbers[WEIR__MARKER_FIELDS] = {0, marker->ref_us, marker->inserted_at_us,
                                                  marker->row_count};
    memcpy(out->values[FIELD_ATTEMPT], marker->attempt, sizeof marker->attempt);
    for (size_t i = FIELD_REF; i < WEIR__MARKER_FIELDS; i++) {
        size_t n = weir__format_i64(numbers[i], out->values[i]);
        out->values[i][n] = '\0';
    }
    for (size_t i = 0; i < WEIR__MARKER_FIELDS; i++)
        out->meta[i] = (struct weir_kv){field_names[i], out->values[i]};
}

int weir__marker_body(const struct weir__marker_text *text, struct weir__buf *out,
                      struct weir_error *err)
{
    for (size_t i = 0; i < WEIR__MARKER_FIELDS; i++)
        TRY(weir__buf_printf(out, err, "%s=%s\n", field_names[i], text->values[i]));
    return WEIR_OK;
}

static int64_t field_of(struct weir__str name)
{
    for (size_t i = 0; i < WEIR__MARKER_FIELDS; i++) {
        if (name.len == strlen(field_names[i]) &&
            strncasecmp(name.data, field_names[i], name.len) == 0)
            return (int64_t)i;
    }
    return -1;
}

bool weir__marker_in_meta(const struct weir_kv *meta, size_t n_meta)
{
    for (size_t i = 0; i < n_meta; i++) {
        if (field_of(weir__str_of(meta[i].name)) >= 0)
            return true;
    }
    return false;
}

static int number_parse(struct weir__str text, const char *field, int64_t min, int64_t max,
                        const char *key, int64_t *out, struct weir_error *err)
{
    int64_t value = 0;
    if (!weir__parse_i64(text, &value) || value < min || value > max) {
        return weir__fail(err, WEIR_CORRUPT, "commit marker %s: field %s is '%.*s'", key, field,
                          (int)(text.len < 64 ? text.len : 64), text.data);
    }
    *out = value;
    return WEIR_OK;
}

static int marker_parse(const struct weir__str values[WEIR__MARKER_FIELDS], const char *key,
                        struct weir__marker *out, struct weir_error *err)
{
    struct weir__marker marker = {0};
    for (size_t i = 0; i < WEIR__MARKER_FIELDS; i++) {
        if (!values[i].data) {
            return weir__fail(err, WEIR_CORRUPT, "commit marker %s: field %s is missing", key,
                              field_names[i]);
        }
    }
    if (!weir__attempt_is_valid(values[FIELD_ATTEMPT])) {
        return weir__fail(err, WEIR_CORRUPT, "commit marker %s: field %s is no attempt id", key,
                          field_names[FIELD_ATTEMPT]);
    }
    memcpy(marker.attempt, values[FIELD_ATTEMPT].data, WEIR__ATTEMPT_BYTES);
    TRY(number_parse(values[FIELD_REF], field_names[FIELD_REF], 0, WEIR__REF_MAX_US, key,
                     &marker.ref_us, err));
    TRY(number_parse(values[FIELD_INSERTED], field_names[FIELD_INSERTED], INT64_MIN, INT64_MAX, key,
                     &marker.inserted_at_us, err));
    TRY(number_parse(values[FIELD_ROWS], field_names[FIELD_ROWS], 0, INT64_MAX, key,
                     &marker.row_count, err));
    *out = marker;
    return WEIR_OK;
}

int weir__marker_from_meta(const struct weir_kv *meta, size_t n_meta, const char *key,
                           struct weir__marker *out, struct weir_error *err)
{
    struct weir__str values[WEIR__MARKER_FIELDS] = {{0}};
    for (size_t i = 0; i < n_meta; i++) {
        int64_t field = field_of(weir__str_of(meta[i].name));
        if (field >= 0)
            values[field] = weir__str_of(meta[i].value);
    }
    return marker_parse(values, key, out, err);
}

int weir__marker_from_body(struct weir__str body, const char *key, struct weir__marker *out,
                           struct weir_error *err)
{
    struct weir__str values[WEIR__MARKER_FIELDS] = {{0}};
    struct weir__str rest = body;
    while (rest.len > 0) {
        const char *end = memchr(rest.data, '\n', rest.len);
        size_t len = end ? (size_t)(end - rest.data) : rest.len;
        const char *equals = len > 0 ? memchr(rest.data, '=', len) : NULL;
        if (equals) {
            size_t name_len = (size_t)(equals - rest.data);
            int64_t field = field_of((struct weir__str){rest.data, name_len});
            if (field >= 0)
                values[field] = (struct weir__str){equals + 1, len - name_len - 1};
        }
        size_t used = end ? len + 1 : len;
        rest = (struct weir__str){rest.data + used, rest.len - used};
    }
    return marker_parse(values, key, out, err);
}
