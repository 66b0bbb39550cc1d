using System.Text;
using System.Text.Json;
using CliWrap;
using Fusion.Tests.Shared;

namespace Fusion.Build.Tests.Infrastructure;

/// <summary>A project of a user: a new folder outside the repository, which knows the packed SDK by its feed alone.</summary>
internal sealed class Consumer : IDisposable
{
    private static readonly Dictionary<string, string?> NothingOwn = [];
    private int builds;

    /// <summary>Creates the folder with a <c>nuget.config</c> and, unless told otherwise, a library project.</summary>
    /// <param name="project">Content of <c>Consumer.csproj</c>; null for <see cref="Projects.Library"/>.</param>
    /// <param name="folderName">Name of the folder, to try odd ones.</param>
    public Consumer(string? project = null, string folderName = "consumer")
    {
        Root = Directory.CreateTempSubdirectory("fusion-test-").FullName;
        Folder = Path.Combine(Root, folderName);
        Write("nuget.config", $"""
            <configuration>
              <packageSources>
                <add key="fusion-under-test" value="{PackedSdk.Packages}" />
              </packageSources>
              <packageSourceMapping>
                <clear />
              </packageSourceMapping>
            </configuration>
            """);
        // What lies above the temporary folder on this machine must not reach into the project.
        foreach (var file in new[] { "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props" })
            Write($"../{file}", "<Project />");
        WriteProject(project ?? Projects.Library());
    }

    /// <summary>The folder that is deleted at the end.</summary>
    public string Root { get; }

    /// <summary>The project's folder.</summary>
    public string Folder { get; }

    /// <summary>The user's folder of caches, empty when the consumer is new.</summary>
    public string CacheHome => Path.Combine(Root, "caches");

    /// <summary>Folder of the images, for the configuration Debug.</summary>
    public string ImagesFolder => PathOf("obj/Debug/net10.0/fusion");

    /// <summary>Paths of all images, relative to <see cref="ImagesFolder"/>, ordered.</summary>
    public string[] Images => [.. ImageFiles.Where(file => Path.GetExtension(file) is ".cubin" or ".ptx")];

    /// <summary>Paths of all files in <see cref="ImagesFolder"/>, relative to it, ordered.</summary>
    public string[] ImageFiles => !Directory.Exists(ImagesFolder) ? [] : [.. Directory
        .EnumerateFiles(ImagesFolder, "*", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(ImagesFolder, file)).Order(StringComparer.Ordinal)];

    /// <summary>The built assembly.</summary>
    public BuiltAssembly Built => new(PathOf("bin/Debug/net10.0/Consumer.dll"));

    /// <summary>Restored packages, as <c>Name/Version</c>.</summary>
    public string[] RestoredPackages
    {
        get
        {
            using var assets = JsonDocument.Parse(Read("obj/project.assets.json"));
            return [.. assets.RootElement.GetProperty("libraries").EnumerateObject().Select(library => library.Name)];
        }
    }

    public string PathOf(string relative) => Path.GetFullPath(Path.Combine(Folder, relative));

    /// <summary>Full path of an image.</summary>
    public string ImagePath(string image) => Path.Combine(ImagesFolder, image);

    public Consumer WriteProject(string project) => Write("Consumer.csproj", project);

    public Consumer Write(string relative, string content) => WriteBytes(relative, new UTF8Encoding(false).GetBytes(content));

    public Consumer WriteBytes(string relative, byte[] content)
    {
        var path = PathOf(relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return this;
    }

    public string Read(string relative) => File.ReadAllText(PathOf(relative));

    /// <summary>Content of each image and of the manifest.</summary>
    public Dictionary<string, byte[]> ImageContents() => ImageFiles
        .Where(file => Images.Contains(file) || file == "manifest.json")
        .ToDictionary(file => file, file => File.ReadAllBytes(ImagePath(file)));

    /// <summary>Runs <c>dotnet build</c> and reads its binary log.</summary>
    public BuildResult Build(params string[] arguments) => Build(NothingOwn, arguments);

    /// <summary>Runs <c>dotnet build</c> again: references did not change, so nothing is restored.</summary>
    public BuildResult Rebuild(params string[] arguments) => Build(["--no-restore", .. arguments]);

    /// <summary>Runs <c>dotnet build</c> with environment variables of its own.</summary>
    public BuildResult Build(IReadOnlyDictionary<string, string?> environment, params string[] arguments)
    {
        // Outside the project, so that no glob of the project can see it.
        var log = Path.Combine(Root, $"build{++builds}.binlog");
        var (exitCode, output) = DotNet(environment, ["build", "-nologo", $"-bl:{log};ProjectImports=None", .. arguments]);
        return new BuildResult(exitCode, output, log);
    }

    /// <summary>Runs <c>dotnet</c> with a verb of its own.</summary>
    public (int ExitCode, string Output) DotNet(params string[] arguments) => DotNet(NothingOwn, arguments);

    /// <summary>Runs <c>dotnet</c> with environment variables of its own.</summary>
    public (int ExitCode, string Output) DotNet(IReadOnlyDictionary<string, string?> environment, params string[] arguments) =>
        Run("dotnet", environment, arguments);

    /// <summary>Runs a program.</summary>
    public (int ExitCode, string Output) Run(string program, params string[] arguments) => Run(program, NothingOwn, arguments);

    /// <summary>Starts a build of the restored project in the background, to be ended.</summary>
    public ProcessToEnd StartBuild(params string[] arguments) => new(
        Folder, Path.Combine(Root, "build-to-end.log"), UserEnvironment.With(CacheHome, NothingOwn),
        ["dotnet", "build", "-nologo", "--no-restore", .. arguments]);

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private (int ExitCode, string Output) Run(string program, IReadOnlyDictionary<string, string?> environment, string[] arguments)
    {
        var output = new StringBuilder();
        using var deadline = new CancellationTokenSource(ProcessToEnd.Deadline);
        try
        {
            var result = Cli.Wrap(program).WithArguments(arguments).WithWorkingDirectory(Folder)
                .WithEnvironmentVariables(UserEnvironment.With(CacheHome, environment))
                .WithValidation(CommandResultValidation.None)
                .WithStandardOutputPipe(PipeTarget.ToStringBuilder(output)).WithStandardErrorPipe(PipeTarget.ToStringBuilder(output))
                .ExecuteAsync(deadline.Token).GetAwaiter().GetResult();
            return (result.ExitCode, output.ToString());
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException(
                $"'{program} {string.Join(' ', arguments)}' was ended after {ProcessToEnd.Deadline.TotalMinutes:0} minutes. It had said:\n{output}", e);
        }
    }
}
