fn login(password: &str) -> Result<impl Token, Refusal> {
    let __caas_guard = {
        enum __CaasHere {}
        static __CAAS_SITE: P::Site = P::Site::new(
            P::Measure::Calls,
            P::module_path!(),
            P::Function::Of(P::type_name::<__CaasHere>),
            7,
        );
        P::inventory::submit! {
            P::Annotated(& __CAAS_SITE)
        }
        __CAAS_SITE.__caas_calls()
    };
    let __caas_value = P::call_once(move || -> Result<_, Refusal> {
        check(password)?.token()
    });
    P::end(__caas_guard, P::Probe::new(&__caas_value).__caas_exit());
    __caas_value
}
