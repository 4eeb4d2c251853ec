#[must_use = "a label set changes nothing until a method updates its child"]
pub struct HttpRequestsTotal<'a> {
    pub method: Method,
    pub path: &'a str,
}
#[allow(dead_code, non_snake_case)]
pub struct HttpRequestsTotalView<'v> {
    pub method: <Method as P::Label>::View<'v>,
    pub path: <&'static str as P::Label>::View<'v>,
    __caas_end: P::End,
}
const _: () = {
    static __CAAS_FAMILY: P::Family = P::family::<HttpRequestsTotal<'static>>();
    #[automatically_derived]
    impl<'a> P::LabelSet for HttpRequestsTotal<'a> {
        type Static = HttpRequestsTotal<'static>;
        type Metric = P::Counter<P::u64>;
        type Unit = P::Unitless;
        type View<'v> = HttpRequestsTotalView<'v>;
        const DESCRIPTOR: P::Descriptor = P::Descriptor {
            name: "caas_http_requests_total",
            help: "Total HTTP requests.",
            metric_type: P::MetricType::Counter,
            labels: &[
                P::LabelDescriptor {
                    name: "method",
                    values: <Method as P::Label>::VALUES,
                },
                P::LabelDescriptor {
                    name: "path",
                    values: <&'static str as P::Label>::VALUES,
                },
            ],
            location: P::here(),
            ..P::DEFAULTS
        };
        fn family() -> &'static P::Family {
            &__CAAS_FAMILY
        }
        fn visit<__V: P::Visitor>(&self, __caas_visitor: &mut __V) {
            <Method as P::Label>::__visit(&self.method, __caas_visitor);
            <&'a str as P::Label>::__visit(&self.path, __caas_visitor);
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
