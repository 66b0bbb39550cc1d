namespace Fusion.Build.Tests.Infrastructure;

/// <summary>The templates for <c>dotnet new</c>, installed once for all tests: those of this machine stay out of it, and it
/// out of them.</summary>
internal static class Templates
{
    private static readonly Lock Gate = new();
    private static DirectoryInfo? hive;

    /// <summary>Makes a project from a template.</summary>
    /// <param name="template">Its short name.</param>
    /// <param name="name">The project's name.</param>
    /// <param name="options">The template's own options.</param>
    public static Consumer Create(string template, string name = "Consumer", params string[] options)
    {
        var consumer = new Consumer();
        File.Delete(consumer.PathOf("Consumer.csproj"));
        Add(consumer, template, name, ["-o", consumer.Folder, .. options]);
        return consumer;
    }

    /// <summary>Makes what a template has in a project's folder.</summary>
    /// <returns>What <c>dotnet new</c> said.</returns>
    public static string Add(Consumer consumer, string template, string name, params string[] options)
    {
        // One after the other: dotnet new keeps a cache beside what is installed.
        lock (Gate)
        {
            if (hive is null)
            {
                hive = Directory.CreateTempSubdirectory("fusion-test-hive-");
                New(consumer, "install", PackedSdk.PackagePath("Fusion.Templates"));
            }

            return New(consumer, [template, "-n", name, .. options]);
        }
    }

    /// <summary>Removes what was installed.</summary>
    public static void Remove() => hive?.Delete(recursive: true);

    private static string New(Consumer consumer, params string[] arguments) =>
        consumer.DotNet(["new", .. arguments, "--debug:custom-hive", hive!.FullName]).MustSucceed();
}
