fn login(password: &str) -> Result<impl Token, Refusal> {
    macro_rules! without_this_dependency_write_counted_crate_equals_path {
        () => {};
    }
    without_this_dependency_write_counted_crate_equals_path! {}
    static CALLS_ARE_COUNTED_HERE: P::Site = P::calls_site(
        P::module_path!(),
        {
            enum __CaasHere {}
            P::around::<__CaasHere>("login")
        },
        P::endings::OK_ERR_PANIC,
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
    P::probe(&__caas_value).__caas_end(__caas_guard);
    return __caas_value;
}
