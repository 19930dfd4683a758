#include "cli/cli.h"
#include "engine/config.h"
#include "planner/suggest.h"
#include "session/journal.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_command *const commands[] = {
    &run_command,     &check_command,     &simulate_command,   &import_command, &replay_command,
    &compare_command, &export_command,    &recover_command,    &verify_command, &doctor_command,
    &bench_command,   &calibrate_command, &signatures_command,
};

enum { N_COMMANDS = sizeof commands / sizeof *commands };

static const struct cli_command *find(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int fail(const struct error *err)
{
    char line[sizeof *err];
    fprintf(stderr, "%s\n", error_line(err, line, sizeof line));
    return error_exit_status(err);
}

static int fail_command(const char *name)
{
    const char *names[N_COMMANDS];
    char text[SUGGEST_TEXT];
    struct error err;
    for (size_t i = 0; i < N_COMMANDS; i++)
        names[i] = commands[i]->name;
    error_set(&err, ERROR_USAGE, "phasic", name, NULL, "%s", suggest_text(text, "a command", name, names, N_COMMANDS));
    return fail(&err);
}

static void print_overview(FILE *out)
{
    fputs("phasic: a real-time controller for neuroscience rigs\n\nusage: phasic COMMAND ...\n\n", out);
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(out, "  %-8s  %s\n", commands[i]->name, commands[i]->help);
    fputs("\nphasic COMMAND --help shows a command's arguments and an example; phasic --version the versions.\n", out);
}

static void print_help(const struct cli_command *command)
{
    printf("phasic %s: %s\n\nusage: phasic %s", command->name, command->help, command->name);
    options_print_usage(command->options, stdout);
    puts("\n");
    options_print_help(command->options, stdout);
    if (command->more != NULL)
        printf("\n%s", command->more);
    printf("\nexample:\n%s", command->example);
}

static int act(const struct cli *cli, const struct cli_command *command, int argc, char **argv)
{
    struct error err = {0};
    bool help = false;
    int status;
    void *given = calloc(1, command->size);
    if (given == NULL) {
        error_system(&err, NULL, "memory", ENOMEM);
        return fail(&err);
    }
    if (!options_parse(command->options, argc, argv, given, &help, &err))
        status = error_exit_status(&err);
    else if (help) {
        print_help(command);
        status = 0;
    } else
        status = command->act(cli, given, &err);
    free(given);
    if (err.kind == ERROR_NONE)
        return status;
    if (err.where[0] == '\0')
        snprintf(err.where, sizeof err.where, "phasic %s", command->name);
    fail(&err);
    return status;
}

int cli_main(const struct cli *cli, int argc, char **argv)
{
    if (argc < 2) {
        print_overview(stderr);
        return 2;
    }
    const char *word = argv[1];
    if (strcmp(word, "--version") == 0) {
        printf("phasic %s, engine %d, journal format %d\n", CLI_VERSION, ENGINE_VERSION, JOURNAL_VERSION);
        return 0;
    }
    const bool help = strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
    if (help && argc < 3) {
        print_overview(stdout);
        return 0;
    }
    const struct cli_command *command = find(help ? argv[2] : word);
    if (command == NULL)
        return fail_command(help ? argv[2] : word);
    if (help) {
        print_help(command);
        return 0;
    }
    return act(cli, command, argc - 1, argv + 1);
}
