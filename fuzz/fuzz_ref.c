/* Names and marker bodies as another writer may have left them: what parses is written back to the
 * same bytes. */
#include "table/key.h"
#include "table/marker.h"

#include <weir/env.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void data_key(const struct weir_env *env, struct weir__str key)
{
    struct weir__attempt attempt = {0};
    struct weir__buf again = weir__buf_make(env, 1u << 20);
    enum weir__data_kind kind = weir__key_parse_data(key, &attempt);
    int status = WEIR_OK;
    if (kind == WEIR__DATA_FILE)
        status = weir__key_append_data(&again, "", &attempt, NULL);
    else if (kind == WEIR__DATA_MARKER)
        status = weir__key_append_marker(&again, "", attempt.partition, attempt.token, NULL);
    if (status == WEIR_OK && kind != WEIR__DATA_FOREIGN) {
        size_t skip = strlen(WEIR__DIR_DATA);
        ASSERT(again.len == key.len + skip);
        ASSERT(memcmp(again.data + skip, key.data, key.len) == 0);
    }
    weir__buf_dispose(&again);
}

static void ref_key(const struct weir_env *env, struct weir__str key)
{
    struct weir__ref ref = {0};
    struct weir__buf partition = weir__buf_make(env, 1u << 20);
    struct weir__buf again = weir__buf_make(env, 1u << 20);
    if (weir__ref_parse(key, &ref, &partition, NULL) == WEIR_OK) {
        struct weir__attempt attempt = {
            {(const char *)partition.data, partition.len}, ref.token, ref.attempt};
        struct weir__ref twice = {0};
        struct weir__buf back = weir__buf_make(env, 1u << 20);
        if (weir__key_append_ref(&again, "", ref.ref_us, &attempt, NULL) == WEIR_OK) {
            struct weir__str text = {(const char *)again.data, again.len};
            /* A token may hold what a key cannot ('/' is cut off, so it never does here). */
            int status = weir__ref_parse(text, &twice, &back, NULL);
            ASSERT(status == WEIR_OK && twice.ref_us == ref.ref_us);
            ASSERT(weir__str_eq(twice.token, ref.token));
            ASSERT(back.len == partition.len);
            ASSERT(back.len == 0 || memcmp(back.data, partition.data, back.len) == 0);
        }
        weir__buf_dispose(&back);
    }
    weir__buf_dispose(&again);
    weir__buf_dispose(&partition);
}

static void marker(const struct weir_env *env, struct weir__str body)
{
    struct weir__marker first = {0};
    struct weir__marker second = {0};
    struct weir__marker_text text;
    struct weir__buf again = weir__buf_make(env, WEIR__MARKER_MAX_BYTES);
    if (weir__marker_from_body(body, "fuzz", &first, NULL) == WEIR_OK) {
        weir__marker_write(&first, &text);
        if (weir__marker_body(&text, &again, NULL) == WEIR_OK) {
            struct weir__str written = {(const char *)again.data, again.len};
            int status = weir__marker_from_body(written, "fuzz", &second, NULL);
            ASSERT(status == WEIR_OK);
            ASSERT(memcmp(&first, &second, sizeof first) == 0);
        }
    }
    weir__buf_dispose(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct weir_env *env = weir_env_default();
    struct weir__str text = {(const char *)data, size};
    data_key(env, text);
    ref_key(env, text);
    marker(env, text);
    return 0;
}
