#[must_use = "a label set changes nothing until a method updates its child"]
struct SessionsOpen<'a> {
    server: &'a str,
}
const _: () = {
    #[allow(dead_code, missing_docs, non_snake_case, unreachable_pub)]
    struct SessionsOpenView<'v> {
        server: <&'static str as P::Label>::View<'v>,
        __caas_end: P::End,
    }
    static __CAAS_FAMILY: P::Family = P::Family::of::<SessionsOpen<'static>>();
    #[automatically_derived]
    impl<'a> P::LabelSet for SessionsOpen<'a> {
        type Static = SessionsOpen<'static>;
        type Metric = P::HeldGauge<P::i64>;
        type Unit = P::OtherUnit;
        type Exemplars = P::WithoutExemplars;
        type View<'v> = SessionsOpenView<'v>;
        const DESCRIPTOR: P::Descriptor = P::describe(
                P::MetricType::Gauge,
                "sessions_open",
                "Sessions that are open.",
            )
            .with_labels(
                &[
                    P::LabelDescriptor::of(
                        "server",
                        <&'static str as P::Label>::__CONSTANTS,
                    ),
                ],
            )
            .with_held();
        fn family() -> &'static P::Family {
            &__CAAS_FAMILY
        }
        fn words() -> P::Words {
            P::words!(SessionsOpen < 'static >)
        }
        fn with_values<__R>(
            &self,
            __caas_show: impl P::FnOnce(&[P::LabelText<'_>]) -> __R,
        ) -> __R {
            __caas_show(&[<&'a str as P::Label>::__value(&self.server)])
        }
        fn view<'v>(__caas_source: &mut P::ViewSource<'v>) -> SessionsOpenView<'v> {
            SessionsOpenView {
                server: <&'static str as P::Label>::__view(__caas_source),
                __caas_end: P::End,
            }
        }
    }
};
#[allow(deprecated)]
const _: () = {
    P::inventory::submit! {
        P::Declared(& [< SessionsOpen < 'static > as P::LabelSet > ::family])
    }
};
