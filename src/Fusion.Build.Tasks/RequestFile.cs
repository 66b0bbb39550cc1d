using Fusion.Build.Contract;

namespace Fusion.Build.Tasks;

/// <summary>The file by which a build asks fusionc. Each run has a file of its own, so that fusionc cannot read what another build
/// asks.</summary>
internal sealed class RequestFile
{
    private readonly string stateFile;

    private RequestFile(string stateFile)
    {
        this.stateFile = stateFile;
        Path = $"{stateFile}.{Guid.NewGuid():n}.request";
    }

    /// <summary>Full path of the file.</summary>
    public string Path { get; }

    /// <summary>Writes a request.</summary>
    /// <param name="stateFile">Full path of the state, beside which it is written.</param>
    /// <param name="request">The request as text.</param>
    /// <param name="problem">Why it could not be written; null if it was.</param>
    /// <returns>Null if it could not be written.</returns>
    public static RequestFile? TryWrite(string stateFile, string request, out Diagnostic? problem)
    {
        var file = new RequestFile(stateFile);
        problem = null;
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file.Path)!);
            File.WriteAllText(file.Path, request);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = new Diagnostic(DiagnosticSeverity.Error, "FUSION1031",
                $"'{file.Path}' could not be written: {e.Message} Check free space and permissions.");
            return null;
        }
    }

    /// <summary>Keeps the request under one name, however many runs there were, for people who want to repeat the last one. Nothing
    /// reads it.</summary>
    /// <returns>Why that could not be done; null if it was.</returns>
    public string? KeepAsLast()
    {
        try
        {
            var last = stateFile + ".request";
            File.Delete(last);
            File.Move(Path, last);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}
