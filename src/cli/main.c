/* main.c: the weir program: finds the subcommand and runs it. */
#include "base/base.h"

int main(void)
{
    return 0;
}
