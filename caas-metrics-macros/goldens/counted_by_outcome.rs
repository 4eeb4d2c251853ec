async fn login(user: User) -> Result<Token, Refusal> {
    macro_rules! without_this_dependency_write_counted_crate_equals_path {
        () => {};
    }
    without_this_dependency_write_counted_crate_equals_path! {}
    let __caas_guard = P::on_exit(
        P::endings::OK_ERR_PANIC_CANCELLED,
        P::Phase::Runs,
        P::Of::error(|__caas_value: &Result<Token, Refusal>| {
            P::probe(__caas_value).__caas_exit()
        }),
        {
            let __caas_early = P::fields(
                    ["tenant"],
                    |(__caas_0,)| LoginsTotal {
                        tenant: __caas_0,
                        outcome: P::never(),
                    },
                )
                .__caas_hold((user.tenant(),));
            move |__caas_exit| P::record(
                P::Count,
                &P::resolve_held_with(
                    &__caas_early,
                    &P::fields(
                            ["outcome"],
                            |(__caas_0,)| LoginsTotal {
                                tenant: P::never(),
                                outcome: __caas_0,
                            },
                        )
                        .__caas_hold((P::FromExit::from_exit(__caas_exit),)),
                ),
            )
        },
    );
    let (__caas_guard, __caas_value) = P::follow(
            __caas_guard,
            P::pin!(
                async move { if false { return P::never:: < Result < Token, Refusal > >
                (); } user.check(). await }
            ),
        )
        .await;
    P::probe(&__caas_value).__caas_end(__caas_guard);
    return __caas_value;
}
