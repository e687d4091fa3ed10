fn main() -> std::process::ExitCode {
    eclusa::main()
}
