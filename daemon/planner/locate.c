#include "planner/locate.h"
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_STRING, TOKEN_OTHER };

struct token {
    enum token_kind kind;
    char symbol;      /* TOKEN_OTHER: the character */
    const char *text; /* name, or the inside of a string as it is written */
    size_t n;
    int line;
};

struct lexer {
    const char *at, *end;
    int line;
};

static char peek(const struct lexer *lexer, size_t ahead)
{
    return (size_t)(lexer->end - lexer->at) > ahead ? lexer->at[ahead] : '\0';
}

static void advance(struct lexer *lexer)
{
    lexer->line += *lexer->at == '\n';
    lexer->at++;
}

/* At "[[" or "[==[": the number of '=', else -1. */
static int long_level(const struct lexer *lexer)
{
    size_t n = 1;
    while (peek(lexer, n) == '=')
        n++;
    return peek(lexer, 0) == '[' && peek(lexer, n) == '[' ? (int)n - 1 : -1;
}

static void skip_long(struct lexer *lexer, int level)
{
    while (lexer->at < lexer->end) {
        if (peek(lexer, 0) == ']') {
            size_t n = 1;
            while (peek(lexer, n) == '=')
                n++;
            if (peek(lexer, n) == ']' && (int)n - 1 == level) {
                lexer->at += n + 1;
                return;
            }
        }
        advance(lexer);
    }
}

static void skip_blank(struct lexer *lexer)
{
    while (lexer->at < lexer->end) {
        if (isspace((unsigned char)*lexer->at)) {
            advance(lexer);
        } else if (peek(lexer, 0) == '-' && peek(lexer, 1) == '-') {
            lexer->at += 2;
            const int level = long_level(lexer);
            if (level >= 0)
                skip_long(lexer, level);
            else
                while (lexer->at < lexer->end && *lexer->at != '\n')
                    advance(lexer);
        } else {
            return;
        }
    }
}

static struct token next(struct lexer *lexer)
{
    skip_blank(lexer);
    struct token token = {.line = lexer->line, .text = lexer->at};
    if (lexer->at >= lexer->end)
        return token;
    const char first = *lexer->at;
    const int level = long_level(lexer);
    if (first == '"' || first == '\'') {
        advance(lexer);
        token.text = lexer->at;
        while (lexer->at < lexer->end && *lexer->at != first && *lexer->at != '\n') {
            if (*lexer->at == '\\' && lexer->at + 1 < lexer->end)
                advance(lexer);
            advance(lexer);
        }
        token.kind = TOKEN_STRING;
        token.n = (size_t)(lexer->at - token.text);
        if (lexer->at < lexer->end)
            advance(lexer);
    } else if (level >= 0) {
        skip_long(lexer, level);
        token.kind = TOKEN_STRING;
    } else if (isalnum((unsigned char)first) || first == '_') { /* numbers are words here: nobody looks into them */
        while (lexer->at < lexer->end && (isalnum((unsigned char)*lexer->at) || *lexer->at == '_'))
            advance(lexer);
        token.kind = TOKEN_NAME;
        token.n = (size_t)(lexer->at - token.text);
    } else {
        token.kind = TOKEN_OTHER;
        token.symbol = first;
        advance(lexer);
    }
    return token;
}

static bool is(const struct token *token, const char *text, size_t n)
{
    return token->n == n && token->kind != TOKEN_END && memcmp(token->text, text, n) == 0;
}

static bool opens(const struct token *token)
{
    return token->kind == TOKEN_OTHER && strchr("{([", token->symbol) != NULL;
}

static bool closes(const struct token *token)
{
    return token->kind == TOKEN_OTHER && strchr("})]", token->symbol) != NULL;
}

/* Right after `word "name" {` on `line`. Without a `name` in the source (it may be computed) after the first `{` there.
 * False: there is no brace. */
static bool enter(struct lexer *lexer, int line, const char *word, const char *name)
{
    struct lexer fallback = {0};
    for (struct token token = next(lexer); token.kind != TOKEN_END; token = next(lexer)) {
        if (token.line < line)
            continue;
        if (token.line > line && token.kind == TOKEN_NAME && fallback.at)
            break;
        if (token.kind == TOKEN_OTHER && token.symbol == '{' && !fallback.at)
            fallback = *lexer;
        if (token.line != line || token.kind != TOKEN_NAME || !is(&token, word, strlen(word)))
            continue;
        struct lexer ahead = *lexer;
        struct token following = next(&ahead);
        if (name && (following.kind != TOKEN_STRING || !is(&following, name, strlen(name))))
            continue;
        if (name)
            following = next(&ahead);
        if (following.kind == TOKEN_OTHER && following.symbol == '(')
            following = next(&ahead);
        if (following.kind == TOKEN_OTHER && following.symbol == '{') {
            *lexer = ahead;
            return true;
        }
    }
    if (fallback.at)
        *lexer = fallback;
    return fallback.at != NULL;
}

/* `key = ` or `["key"] = ` at `token`: leaves the lexer after the '='. */
static bool at_key(struct lexer *lexer, const struct token *token, const char *key, size_t n)
{
    struct lexer ahead = *lexer;
    struct token found = *token;
    const bool bracket = token->kind == TOKEN_OTHER && token->symbol == '[';
    if (bracket)
        found = next(&ahead);
    if (!is(&found, key, n) || (!bracket && found.kind != TOKEN_NAME))
        return false;
    if (bracket)
        next(&ahead);
    const struct token sign = next(&ahead);
    if (sign.kind != TOKEN_OTHER || sign.symbol != '=' || peek(&ahead, 0) == '=')
        return false;
    *lexer = ahead;
    return true;
}

/* Inside a table: its item `key`, or the item at that position. The line, or 0; the lexer stands at the value. */
static int find(struct lexer *lexer, const char *key, size_t n)
{
    int wanted = 0;
    for (size_t i = 0; i < n && wanted < 10000; i++)
        wanted = isdigit((unsigned char)key[i]) ? 10 * wanted + key[i] - '0' : 10000;
    int depth = 0, position = 0;
    bool fresh = true; /* at the beginning of an item */
    for (;;) {
        skip_blank(lexer);
        const struct lexer before = *lexer;
        const struct token token = next(lexer);
        if (token.kind == TOKEN_END || (depth == 0 && closes(&token)))
            return 0;
        if (depth == 0 && fresh) {
            if (at_key(lexer, &token, key, n))
                return token.line;
            struct lexer ahead = *lexer;
            const struct token sign = next(&ahead);
            const bool keyed = (token.kind == TOKEN_NAME && sign.kind == TOKEN_OTHER && sign.symbol == '=' &&
                                peek(&ahead, 0) != '=') ||
                               (token.kind == TOKEN_OTHER && token.symbol == '[');
            if (!keyed && ++position == wanted) {
                *lexer = before;
                return token.line;
            }
        }
        fresh = depth == 0 && token.kind == TOKEN_OTHER && (token.symbol == ',' || token.symbol == ';');
        depth += opens(&token);
        depth -= closes(&token);
    }
}

int locate_key(const char *source, size_t n, int line, const char *word, const char *name, const char *path)
{
    struct lexer lexer = {.at = source, .end = source + n, .line = 1};
    if (!enter(&lexer, line, word, name))
        return line;
    int found = line;
    while (*path != '\0') {
        const size_t length = strcspn(path, ".");
        const int at = find(&lexer, path, length);
        if (at == 0)
            return found;
        found = at;
        path += length;
        path += *path == '.';
        const struct token token = next(&lexer);
        if (token.kind != TOKEN_OTHER || token.symbol != '{')
            return found;
    }
    return found;
}
