/* version.c: which library runs. */
#include <weir/weir.h>

int weir_version(void)
{
    return WEIR_VERSION;
}

const char *weir_version_text(void)
{
    return WEIR_VERSION_TEXT;
}
