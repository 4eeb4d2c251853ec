#[must_use = "a label set changes nothing until a method updates its child"]
pub struct HttpRequestsTotal<'a> {
    pub method: Method,
    pub path: &'a str,
}
const _: () = {
    #[allow(dead_code, missing_docs, non_snake_case, unreachable_pub)]
    pub struct HttpRequestsTotalView<'v> {
        pub method: <Method as P::Label>::View<'v>,
        pub path: <&'static str as P::Label>::View<'v>,
        __caas_end: P::End,
    }
    static __CAAS_FAMILY: P::Family = P::Family::of::<HttpRequestsTotal<'static>>();
    #[automatically_derived]
    impl<'a> P::LabelSet for HttpRequestsTotal<'a> {
        type Static = HttpRequestsTotal<'static>;
        type Metric = P::Counter<P::u64>;
        type Unit = P::OtherUnit;
        type Exemplars = P::WithoutExemplars;
        type View<'v> = HttpRequestsTotalView<'v>;
        const DESCRIPTOR: P::Descriptor = P::describe(
                P::MetricType::Counter,
                "caas_http_requests_total",
                "Total HTTP requests.",
            )
            .with_labels(
                &[
                    P::LabelDescriptor::of("method", <Method as P::Label>::__CONSTANTS),
                    P::LabelDescriptor::of(
                        "path",
                        <&'static str as P::Label>::__CONSTANTS,
                    ),
                ],
            );
        fn family() -> &'static P::Family {
            &__CAAS_FAMILY
        }
        fn words() -> P::Words {
            P::words!(HttpRequestsTotal < 'static >)
        }
        fn with_values<__R>(
            &self,
            __caas_show: impl P::FnOnce(&[P::LabelText<'_>]) -> __R,
        ) -> __R {
            __caas_show(
                &[
                    <Method as P::Label>::__value(&self.method),
                    <&'a str as P::Label>::__value(&self.path),
                ],
            )
        }
        fn view<'v>(__caas_source: &mut P::ViewSource<'v>) -> HttpRequestsTotalView<'v> {
            HttpRequestsTotalView {
                method: <Method as P::Label>::__view(__caas_source),
                path: <&'static str as P::Label>::__view(__caas_source),
                __caas_end: P::End,
            }
        }
    }
};
#[allow(deprecated)]
const _: () = {
    P::inventory::submit! {
        P::Declared(& [< HttpRequestsTotal < 'static > as P::LabelSet > ::family])
    }
};
