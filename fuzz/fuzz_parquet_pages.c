/* fuzz_parquet_pages.c: the values of one page in any encoding, taken whole and in parts: both must
 * give the same. Bytes 0..3 pick type, encoding, count and part; the rest is the page. */
#include "format/parquet/decode.h"

#include <stdlib.h>

#define HEAD_BYTES 4u
#define MAX_VALUES 4096u
#define MAX_WIDTH 16u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct page {
    const uint8_t *bytes;
    size_t n_bytes, n, part;
    int32_t type, encoding;
    size_t width;
    const struct weir__dictionary *dictionary;
};

struct result {
    int status;
    size_t n_bytes;
    uint8_t fixed[MAX_VALUES * MAX_WIDTH];
    int32_t offsets[MAX_VALUES + 1];
    struct weir__bytes bytes;
};

static struct weir__scratch scratch_make(void)
{
    return (struct weir__scratch){weir_env_default(), NULL, 0};
}

static int take(struct weir__page_values *v, const struct page *page, size_t at, size_t n,
                struct result *out)
{
    if (page->type != PARQUET_BYTE_ARRAY)
        return weir__page_values_fixed(v, out->fixed + at * page->width, n, NULL);
    size_t done = 0;
    int status = weir__page_values_bytes(v, &out->bytes, n, &done, NULL);
    return status == WEIR_OK && done < n ? WEIR_UNSUPPORTED : status;
}

static void decode(const struct page *page, size_t part, struct result *out)
{
    struct weir__scratch a = scratch_make(), b = scratch_make(), c = scratch_make();
    struct weir__page_values v = {.type = page->type,
                                  .encoding = page->encoding,
                                  .width = page->width,
                                  .data = page->bytes,
                                  .at = page->bytes,
                                  .end = page->bytes + page->n_bytes,
                                  .safe_end = page->bytes + page->n_bytes,
                                  .max_values = page->n,
                                  .max_bytes = 1 << 20,
                                  .dict = page->dictionary,
                                  .scratch = &a,
                                  .prefixes = &b,
                                  .last = &c};
    out->bytes =
        (struct weir__bytes){.env = weir_env_default(), .max = 1 << 20, .offsets = out->offsets};
    out->offsets[0] = 0;
    out->status = WEIR_OK;
    for (size_t at = 0; at < page->n && out->status == WEIR_OK; at += part) {
        size_t n = page->n - at < part ? page->n - at : part;
        out->status = take(&v, page, at, n, out);
    }
    weir__scratch_dispose(&a);
    weir__scratch_dispose(&b);
    weir__scratch_dispose(&c);
}

static void compare(const struct page *page, const struct result *a, const struct result *b)
{
    if (a->status != WEIR_OK || b->status != WEIR_OK)
        return; /* an error may be met earlier in parts */
    if (page->type != PARQUET_BYTE_ARRAY) {
        if (memcmp(a->fixed, b->fixed, page->n * page->width) != 0)
            abort();
        return;
    }
    if (memcmp(a->offsets, b->offsets, (page->n + 1) * sizeof *a->offsets) != 0)
        abort();
    if (a->bytes.len > 0 && memcmp(a->bytes.data, b->bytes.data, a->bytes.len) != 0)
        abort();
}

/* A dictionary of four values of any type. */
static int make_dictionary(int32_t type, size_t width, struct weir__dictionary *out)
{
    static const uint8_t strings[] = {0, 0, 0,   0,   1, 0, 0, 0, 'a', 2,   0,
                                      0, 0, 'b', 'c', 3, 0, 0, 0, 'd', 'e', 'f'};
    size_t n = type == PARQUET_BYTE_ARRAY ? sizeof strings : 4 * width;
    uint8_t *data = calloc(1, n + WEIR__SLACK_BYTES);
    if (!data)
        return WEIR_NO_MEMORY;
    memcpy(data, strings, n < sizeof strings ? n : sizeof strings);
    *out = (struct weir__dictionary){.n = 4, .type = type, .width = width};
    return weir__dictionary_init(weir_env_default(), out, data, n, false, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t widths[] = {1, 4, 8, 12, 4, 8, 0, 5};
    static struct result whole, parts;
    if (size < HEAD_BYTES)
        return 0;
    struct page page = {.n_bytes = size - HEAD_BYTES,
                        .type = data[0] & 7,
                        .encoding = data[1] % 11,
                        .n = (size_t)data[2] * 16 + (data[3] >> 4),
                        .part = (size_t)(data[3] & 15) + 1};
    page.width = widths[page.type];
    struct weir__dictionary dictionary;
    if (make_dictionary(page.type, page.width, &dictionary) != WEIR_OK)
        return 0;
    page.dictionary = &dictionary;
    uint8_t *copy = malloc(page.n_bytes ? page.n_bytes : 1);
    if (copy) {
        memcpy(copy, data + HEAD_BYTES, page.n_bytes);
        page.bytes = copy;
        decode(&page, page.n ? page.n : 1, &whole);
        decode(&page, page.part, &parts);
        compare(&page, &whole, &parts);
        weir__free(weir_env_default(), whole.bytes.data);
        weir__free(weir_env_default(), parts.bytes.data);
    }
    free(copy);
    weir__dictionary_dispose(weir_env_default(), &dictionary);
    return 0;
}
