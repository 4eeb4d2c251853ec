fn handle(request: Request) -> Response {
    macro_rules! without_this_dependency_write_counted_crate_equals_path {
        () => {};
    }
    without_this_dependency_write_counted_crate_equals_path! {}
    let __caas_otherwise = P::otherwise(
        P::on(
            P::counted(
                RequestsTotal {
                    path: "/",
                    status: 500,
                },
                {
                    static __CAAS_CHILD: P::SiteChild = P::SiteChild::new();
                    &__CAAS_CHILD
                },
            ),
            P::endings::PANIC_CANCELLED,
            P::Phase::Runs,
        ),
    );
    #[allow(clippy::default_numeric_fallback)]
    let __caas_value = P::call_once(move || -> Response { respond(request) });
    {
        let __caas_seen = &__caas_value;
        P::record(
            P::Count,
            &P::resolve(
                &RequestsTotal {
                    path: "/",
                    status: P::apply(__caas_seen, |response| response.status()),
                },
            ),
        );
    }
    P::returned(__caas_otherwise);
    return __caas_value;
}
