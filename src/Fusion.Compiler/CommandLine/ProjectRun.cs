using Fusion.Build.Contract;

namespace Fusion.Compiler.CommandLine;

/// <summary>Compiles a project for the build task: one line of output a diagnostic.</summary>
internal static class ProjectRun
{
    /// <summary>Reads a request and does it.</summary>
    /// <param name="file">Path of the request.</param>
    /// <returns>The exit code.</returns>
    public static int FromFile(string file)
    {
        CompileRequest request;
        try
        {
            request = CompileRequest.Parse(File.ReadAllText(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException)
        {
            Say(new Diagnostic(DiagnosticSeverity.Error, Codes.Request,
                $"The request '{file}' cannot be read: {e.Message}. It is written by the build task of the same version of Fusion.Sdk; build again."));
            return FusionCommand.Failure;
        }

        return new Compilation(request, OutputPolicy.Project, Say).Run() ? FusionCommand.Success : FusionCommand.Failure;
    }

    private static void Say(Diagnostic diagnostic) => Console.Out.WriteLine(diagnostic.ToLine());
}
