#include "engine/model/basis.h"

static uint32_t n_micro(const double *p)
{
    return (uint32_t)p[BASIS_MICRO + MICRO_N];
}

size_t basis_features(const double *p)
{
    return p[BASIS_KIND] != 0 ? (size_t)n_micro(p) * MICRO_STIMULI_MAX : csc_features(p + BASIS_CSC);
}

bool basis_check(const double *p, struct error *err)
{
    return p[BASIS_KIND] != 0 || csc_check(p + BASIS_CSC, err);
}

void basis_init(struct basis *basis, const double *p, double dt)
{
    *basis = (struct basis){.is_micro = p[BASIS_KIND] != 0, .rate_scale = 1, .n = (uint32_t)basis_features(p)};
    if (!basis->is_micro) {
        csc_init(&basis->csc, p + BASIS_CSC, dt);
        basis->rate_scale = basis->csc.rate_scale;
        return;
    }
    micro_init(&basis->micro, true);
    for (uint32_t i = 1; i <= n_micro(p); i++)
        basis->height[i - 1] = micro_height(p + BASIS_MICRO, 1, i);
}

void basis_rest(struct basis *basis)
{
    csc_rest(&basis->csc);
    micro_rest(&basis->micro);
}

void basis_event(struct basis *basis, const double *p, int64_t k, int64_t us_ns, const struct model_event *event)
{
    if (basis->is_micro)
        micro_event(&basis->micro, event);
    else
        csc_event(&basis->csc, p + BASIS_CSC, k, us_ns, event);
}

void basis_light(struct basis *basis, const double *p, int64_t k, int64_t close_ns, const struct intake_step *in,
                 struct td *td)
{
    if (basis->is_micro)
        micro_light(&basis->micro, p + BASIS_MICRO, close_ns, td);
    else
        csc_light(&basis->csc, p + BASIS_CSC, k, in, td);
}

int basis_cue(const struct basis *basis, const double *p, uint32_t i)
{
    if (!basis->is_micro)
        return csc_cue(&basis->csc, i);
    const uint32_t stimulus = i / n_micro(p);
    return stimulus < MODEL_CS_MAX ? (int)stimulus : -1;
}

double basis_onset(const struct basis *basis, const double *p, const double *w, uint32_t c)
{
    if (!basis->is_micro)
        return w[c * basis->csc.line_features] + (p[BASIS_CSC + CSC_USE_BIAS] != 0 ? w[basis->n - 1] : 0);
    const uint32_t n = n_micro(p);
    double value = 0;
    for (uint32_t i = 0; i < n; i++)
        value += w[c * n + i] * basis->height[i];
    return value;
}

void basis_fields(struct basis *basis, struct state_io *io)
{
    state_learned(io);
    state_shape(io, basis->is_micro);
    if (basis->is_micro)
        micro_fields(&basis->micro, io);
    else
        csc_fields(&basis->csc, io);
}
