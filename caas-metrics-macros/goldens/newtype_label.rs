const _: () = {
    macro_rules! without_this_dependency_write_label_crate_equals_path {
        () => {};
    }
    without_this_dependency_write_label_crate_equals_path! {}
    #[automatically_derived]
    #[allow(unused_qualifications)]
    impl<T> P::Label for Tenant<T>
    where
        T: P::Label,
    {
        const VALUES: P::Option<&'static [&'static P::str]> = <T as P::Label>::VALUES;
        const MAX_BYTES: P::usize = <T as P::Label>::MAX_BYTES;
        const __ONE_FORM: P::bool = <T as P::Label>::__ONE_FORM;
        const __SCOPES: P::Option<P::ScopesOf> = P::Some(P::ScopesOf(__caas_scopes));
        type View<'__caas> = <T as P::Label>::View<'__caas>;
        fn index(&self) -> P::usize {
            <T as P::Label>::index(&self.0)
        }
        fn text(&self) -> P::LabelText<'_> {
            <T as P::Label>::text(&self.0)
        }
        fn view(__caas_part: P::Part<'_>) -> <Self as P::Label>::View<'_> {
            <T as P::Label>::view(__caas_part)
        }
    }
    #[automatically_derived]
    impl<T> P::Scoped for Tenant<T>
    where
        T: P::Label,
    {}
    static __CAAS_SCOPES: P::Scopes = P::Scopes::new();
    fn __caas_scopes() -> &'static P::Scopes {
        &__CAAS_SCOPES
    }
};
