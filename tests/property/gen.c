#include "tests/property/gen.h"
#include "engine/base/rng.h"
#include "tests/test.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SLOWER = 8 };
#else
enum { SLOWER = 1 };
#endif

struct gen {
    bool random; /* else `draws` is read */
    struct rng rng;
    size_t n, at; /* numbers in the list, numbers drawn */
    uint64_t draws[GEN_DRAWS_MAX];
    char said[256];
};

uint64_t gen_below(struct gen *gen, uint64_t n)
{
    if (gen->at == GEN_DRAWS_MAX)
        return 0;
    const size_t i = gen->at++;
    if (gen->random) {
        gen->draws[i] = rng_next(&gen->rng) % n;
        gen->n = gen->at;
    }
    return i >= gen->n ? 0 : gen->draws[i] < n ? gen->draws[i] : n - 1;
}

int64_t gen_between(struct gen *gen, int64_t min, int64_t max)
{
    const uint64_t n = (uint64_t)max - (uint64_t)min + 1; /* max - min itself may be too large */
    return (int64_t)((uint64_t)min + gen_below(gen, n));
}

bool gen_chance(struct gen *gen, unsigned percent)
{
    return gen_below(gen, 100) >= 100 - percent;
}

bool gen_say(struct gen *gen, const char *what, ...)
{
    va_list args;
    va_start(args, what);
    vsnprintf(gen->said, sizeof gen->said, what, args);
    va_end(args);
    return false;
}

static bool run(gen_property_fn property, struct gen *gen)
{
    gen->at = 0;
    gen->said[0] = '\0';
    return property(gen);
}

/* A list that may replace the smallest one found so far. */
struct search {
    gen_property_fn property;
    struct gen *gen, *smallest;
    int n_left; /* runs */
};

/* Runs search->gen; if it fails it is the smallest from now on. */
static bool smaller(struct search *search)
{
    if (search->n_left == 0)
        return false;
    search->n_left--;
    if (run(search->property, search->gen))
        return false;
    if (search->gen->at < search->gen->n)
        search->gen->n = search->gen->at; /* what it did not draw is not part of it */
    *search->smallest = *search->gen;
    return true;
}

/* Leaves out `piece` numbers from `from` on. */
static bool leave_out(struct search *search, size_t from, size_t piece)
{
    const size_t end = from + piece < search->smallest->n ? from + piece : search->smallest->n;
    *search->gen = *search->smallest;
    memmove(&search->gen->draws[from], &search->gen->draws[end], (search->gen->n - end) * sizeof search->gen->draws[0]);
    search->gen->n -= end - from;
    return smaller(search);
}

static bool set(struct search *search, size_t i, uint64_t value)
{
    *search->gen = *search->smallest;
    search->gen->draws[i] = value;
    return smaller(search);
}

/* One pass over the list. False if nothing got smaller. */
static bool shrink(struct search *search)
{
    bool any = false;
    for (size_t piece = search->smallest->n; piece > 0; piece /= 2)
        for (size_t from = 0; from < search->smallest->n;)
            if (leave_out(search, from, piece))
                any = true;
            else
                from += piece;
    for (size_t i = 0; i < search->smallest->n; i++) {
        bool less = search->smallest->draws[i] > 0 && set(search, i, 0);
        while (i < search->smallest->n && search->smallest->draws[i] > 0 &&
               (set(search, i, search->smallest->draws[i] / 2) || set(search, i, search->smallest->draws[i] - 1)))
            less = true;
        any |= less;
    }
    return any && search->n_left > 0;
}

bool gen_find(gen_property_fn property, uint64_t seed, unsigned n_cases, struct gen_found *found)
{
    struct gen *gen = malloc(sizeof *gen), *smallest = malloc(sizeof *smallest);
    bool failed = false;
    assert_true(gen != NULL && smallest != NULL);
    for (unsigned i = 0; i < n_cases && !failed; i++) {
        gen->random = true;
        gen->n = 0;
        rng_init(&gen->rng, seed + i, "property");
        failed = !run(property, gen);
        if (failed)
            *found = (struct gen_found){.seed = seed + i};
    }
    if (failed) {
        gen->random = false;
        *smallest = *gen;
        memcpy(found->first, gen->said, sizeof found->first);
        struct search search = {property, gen, smallest, GEN_SHRINKS_MAX};
        while (shrink(&search))
            ;
        memcpy(found->last, smallest->said, sizeof found->last);
        found->n_draws = smallest->n;
        for (size_t i = 0; i < smallest->n; i++)
            found->sum += smallest->draws[i];
    }
    free(gen);
    free(smallest);
    return failed;
}

void gen_check(gen_property_fn property, uint64_t seed, unsigned n_cases)
{
    struct gen_found found;
    if (gen_find(property, seed, (n_cases + SLOWER - 1) / SLOWER, &found))
        fail_msg("%s; smallest (%zu numbers): %s; --seed %llu", found.first, found.n_draws, found.last,
                 (unsigned long long)found.seed);
}
