using Fusion.Build.Contract;
using Fusion.Compiler.Launchers;
using Fusion.Compiler.Output;

namespace Fusion.Compiler.CommandLine;

/// <summary>Works for the build tasks: one line of output a diagnostic.</summary>
internal static class ProjectRun
{
    /// <summary>Reads a request and compiles its kernels.</summary>
    /// <param name="file">Path of the request.</param>
    /// <returns>The exit code.</returns>
    public static int Compile(string file) =>
        Run(file, CompileRequest.Parse, request => new Compilation(request, OutputPolicy.Project, Print).Run());

    /// <summary>Reads a request and writes its launchers.</summary>
    /// <param name="file">Path of the request.</param>
    /// <returns>The exit code.</returns>
    public static int WriteLaunchers(string file) =>
        Run(file, LauncherRequest.Parse, request => new LauncherRun(request, Print).Run());

    private static int Run<T>(string file, Func<string, T> parse, Func<T, bool> run)
    {
        T request;
        try
        {
            request = parse(File.ReadAllText(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException)
        {
            Print(new Diagnostic(DiagnosticSeverity.Error, Codes.Request,
                $"The request '{file}' cannot be read: {e.Message}. It is written by the build task of the same version of Fusion.Sdk; build again."));
            return FusionCommand.Failure;
        }

        return run(request) ? FusionCommand.Success : FusionCommand.Failure;
    }

    private static void Print(Diagnostic diagnostic) => Console.Out.WriteLine(diagnostic.ToLine());
}
