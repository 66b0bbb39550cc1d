namespace Fusion.Build.Tests.Infrastructure;

/// <summary>Project files of users.</summary>
internal static class Projects
{
    /// <summary>A project that is as small as the SDK allows, for one architecture so that it builds fast.</summary>
    /// <param name="properties">More properties, as XML.</param>
    /// <param name="items">Items, as XML.</param>
    /// <param name="architectures">Value of <c>FusionArchitectures</c>.</param>
    public static string Library(string properties = "", string items = "", string architectures = "sm_80") => $"""
        <Project Sdk="Fusion.Sdk/{PackedSdk.Version}">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <FusionArchitectures>{architectures}</FusionArchitectures>
            {properties}
          </PropertyGroup>
          <ItemGroup>
            {items}
          </ItemGroup>
        </Project>
        """;

    /// <summary>A program.</summary>
    /// <param name="architectures">Value of <c>FusionArchitectures</c>.</param>
    public static string Program(string architectures) => Library(
        "<OutputType>Exe</OutputType><ImplicitUsings>enable</ImplicitUsings>", architectures: architectures);
}
