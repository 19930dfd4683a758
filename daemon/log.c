#include "log.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void log_event(enum log_level level, const char *event, const char *pairs, ...)
{
    static const char *const words[] = {"error", "warn", "info", "debug"};
    static const char *const prefixes[] = {"<3>", "<4>", "<6>", "<7>"};
    if (level == LOG_DEBUG && getenv("PHASIC_DEBUG") == NULL)
        return;
    char text[512] = "";
    va_list args;
    va_start(args, pairs);
    vsnprintf(text, sizeof text, pairs, args);
    va_end(args);
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?'; /* one event stays one line */
    const char *prefix = getenv("JOURNAL_STREAM") != NULL ? prefixes[level] : "";
    fprintf(stderr, "%s%s %s%s%s\n", prefix, words[level], event, text[0] != '\0' ? " " : "", text);
}
