use renamed::Label;

#[derive(Label)]
pub enum Method {
    Get,
    Post,
}

#[derive(Label)]
pub struct Tenant<'a>(pub &'a str);

fn main() {}
