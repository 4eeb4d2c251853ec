fn login(password: &str) -> Result<impl Token, Refusal> {
    static CALLS_ARE_COUNTED_HERE: P::Site = P::Site::new(
        P::Measure::Calls,
        P::module_path!(),
        P::Function::In(
            "login",
            {
                enum __CaasHere {}
                P::type_name::<__CaasHere>
            },
        ),
        P::On::OK.or(P::On::ERR).or(P::On::PANIC),
    );
    let __caas_guard = {
        P::inventory::submit! {
            P::Annotated(& CALLS_ARE_COUNTED_HERE)
        }
        CALLS_ARE_COUNTED_HERE.__caas_calls(P::Phase::Runs)
    };
    #[allow(clippy::default_numeric_fallback)]
    let __caas_value = P::call_once(move || -> Result<_, Refusal> {
        check(password)?.token()
    });
    P::end(__caas_guard, P::Probe::new(&__caas_value).__caas_exit());
    return __caas_value;
}
